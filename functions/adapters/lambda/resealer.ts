import { InvokeCommand } from '@aws-sdk/client-lambda';

import type { Resealer } from '../../core/ports/rotation.ts';
import type { ResealOutcome } from '../../core/reseal/reseal-outcome.ts';
import { readOutcome } from './rotate-outcome.ts';
import { noOutcome, type RotatorDependencies, toRotatorError } from './rotator.ts';

const OUTCOMES: Readonly<Record<ResealOutcome['outcome'], true>> = {
  resealed: true,
  unchanged: true,
  busy: true,
  'key-unavailable': true,
  'not-found': true,
};

/** Asking twice is harmless: what is sealed under the present key is left alone. */
export function createResealer({ client, functionArn }: RotatorDependencies): Resealer {
  return {
    async reseal(connectionId) {
      const Payload = Buffer.from(JSON.stringify({ connectionId, trigger: 'reseal' }), 'utf8');
      const command = new InvokeCommand({ FunctionName: functionArn, Payload });
      const answer = await client.send(command).catch((error: unknown) => {
        throw toRotatorError(error);
      });
      const outcome =
        answer.FunctionError === undefined ? readOutcome<ResealOutcome>(answer.Payload, OUTCOMES) : undefined;
      if (outcome) return outcome;
      throw noOutcome(answer);
    },
  };
}
