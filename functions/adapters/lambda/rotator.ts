import { InvokeCommand, type InvokeCommandOutput, type LambdaClient } from '@aws-sdk/client-lambda';

import { PlatformError } from '../../core/platform-error.ts';
import type { Rotator } from '../../core/ports/rotation.ts';
import type { RotateOutcome, RotateRequest } from '../../core/rotation/rotate-request.ts';
import { readRotateOutcome } from './rotate-outcome.ts';

export interface RotatorDependencies {
  readonly client: LambdaClient;
  /** The alias `live` of `rotate`. */
  readonly functionArn: string;
}

/** Accepting an asynchronous invocation takes no longer. */
const START_TIMEOUT_MS = 3_000;

/** Asking twice is harmless: `rotate` holds a lease, and a second run finds it. */
export function createRotator({ client, functionArn }: RotatorDependencies): Rotator {
  const invocation = (InvocationType: 'RequestResponse' | 'Event', request: RotateRequest) =>
    new InvokeCommand({ FunctionName: functionArn, InvocationType, Payload: payloadOf(request) });

  return {
    async rotate(request, waitMs) {
      const outcome = client.send(invocation('RequestResponse', request)).then(outcomeOf, (error) => {
        throw toRotatorError(error);
      });
      return await withinWait(outcome, waitMs);
    },
    async start(request) {
      try {
        const abortSignal = AbortSignal.timeout(START_TIMEOUT_MS);
        await client.send(invocation('Event', request), { abortSignal });
      } catch (error) {
        throw toRotatorError(error);
      }
    },
  };
}

/** A parked successor travels in its own schedule, never through a caller. */
function payloadOf({ connectionId, trigger, requirement }: RotateRequest): Uint8Array {
  return Buffer.from(JSON.stringify({ connectionId, trigger, requirement }), 'utf8');
}

/** The invocation is not aborted when the wait is over, and its late failure is nobody's any more. */
async function withinWait<Outcome>(
  pending: Promise<Outcome>,
  waitMs: number,
): Promise<Outcome | 'still-running'> {
  let timer: NodeJS.Timeout | undefined;
  const waited = new Promise<'still-running'>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, waitMs), 'still-running');
  });
  try {
    return await Promise.race([pending, waited]);
  } finally {
    clearTimeout(timer);
    pending.catch(() => undefined);
  }
}

/** The payload of a failed invocation repeats the function's error; it is not read. */
function outcomeOf(answer: InvokeCommandOutput): RotateOutcome {
  const outcome = answer.FunctionError === undefined ? readRotateOutcome(answer.Payload) : undefined;
  if (outcome) return outcome;
  throw noOutcome(answer);
}

export function noOutcome({ FunctionError }: InvokeCommandOutput): PlatformError {
  return new PlatformError('ROTATOR_UNAVAILABLE', 'The function rotate ended without an outcome.', {
    reason: FunctionError === undefined ? 'NoOutcome' : 'FunctionError',
  });
}

export function toRotatorError(cause: unknown): PlatformError {
  if (cause instanceof PlatformError) return cause;
  const reason = cause instanceof Error ? cause.name : undefined;
  if (reason === 'AccessDeniedException') {
    const message = 'Lambda does not let this function invoke rotate.';
    return new PlatformError('ACCESS_DENIED', message, { cause, reason });
  }
  return new PlatformError('ROTATOR_UNAVAILABLE', 'Lambda did not run rotate.', { cause, reason });
}
