import { InvokeCommand, type InvokeCommandOutput, type LambdaClient } from '@aws-sdk/client-lambda';
import { PlatformError } from '../../core/platform-error.ts';
import type { Resealer, ResealOutcome, Rotator } from '../../core/ports/rotation.ts';
import type {
  DueOutcome,
  OutcomesByTrigger,
  RefreshOutcome,
  RotateRequest,
  RotateTrigger,
} from '../../core/rotation/rotate-request.ts';
import { ROTATOR_ERRORS, toPlatformError } from '../aws/aws-errors.ts';

export interface RotatorDependencies {
  readonly client: LambdaClient;
  /** The alias `live` of `rotate`. */
  readonly functionArn: string;
}

/** Lambda accepts an asynchronous invocation within this time. */
const START_TIMEOUT_MS = 3_000;

/** Invoking twice is harmless: `rotate` holds a lease, and a second run finds it. */
export function createRotator({ client, functionArn }: RotatorDependencies): Rotator {
  const invocation = (InvocationType: 'RequestResponse' | 'Event', request: RotateRequest) =>
    new InvokeCommand({ FunctionName: functionArn, InvocationType, Payload: payloadOf(request) });

  return {
    async rotate<Trigger extends RotateTrigger>(request: RotateRequest<Trigger>, waitMs: number) {
      const names = ROTATE_OUTCOMES[request.trigger];
      const outcome = client
        .send(invocation('RequestResponse', request))
        .then((answer) => outcomeOf<OutcomesByTrigger[Trigger]>(answer, names), translated);
      return await withinWait(outcome, waitMs);
    },
    async start(request) {
      const abortSignal = AbortSignal.timeout(START_TIMEOUT_MS);
      await client.send(invocation('Event', request), { abortSignal }).catch(translated);
    },
  };
}

/** Invoking twice is harmless: what is sealed under the current key stays as it is. */
export function createResealer({ client, functionArn }: RotatorDependencies): Resealer {
  return {
    async reseal(connectionId) {
      const Payload = Buffer.from(JSON.stringify({ connectionId, trigger: 'reseal' }), 'utf8');
      const command = new InvokeCommand({ FunctionName: functionArn, Payload });
      return outcomeOf<ResealOutcome>(await client.send(command).catch(translated), RESEAL_OUTCOMES);
    },
  };
}

/** A parked successor travels in its own schedule, never through a caller. */
function payloadOf({ connectionId, trigger, requirement }: RotateRequest): Uint8Array {
  return Buffer.from(JSON.stringify({ connectionId, trigger, requirement }), 'utf8');
}

/** The invocation is not aborted when the wait is over. Its later failure is ignored. */
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

function translated(cause: unknown): never {
  throw toPlatformError(ROTATOR_ERRORS, cause);
}

type Names<Outcome extends { readonly outcome: string }> = Readonly<Record<Outcome['outcome'], true>>;

const REFRESH_OUTCOMES: Names<RefreshOutcome> = {
  rotated: true,
  busy: true,
  waiting: true,
  unknown: true,
  suspect: true,
  'reauthorization-required': true,
  'user-action-required': true,
  'not-renewable': true,
  degraded: true,
  parked: true,
  recovered: true,
  superseded: true,
};
const DUE_OUTCOMES: Names<DueOutcome> = {
  ...REFRESH_OUTCOMES,
  'not-found': true,
  disconnecting: true,
  disconnected: true,
  idle: true,
};
const ROTATE_OUTCOMES: { readonly [Trigger in RotateTrigger]: Names<OutcomesByTrigger[Trigger]> } = {
  schedule: DUE_OUTCOMES,
  vend: { ...REFRESH_OUTCOMES, 'already-fresh': true, 'scopes-refused': true, 'not-found': true },
  disconnect: DUE_OUTCOMES,
  parked: { recovered: true, superseded: true, busy: true, waiting: true, idle: true },
  operator: DUE_OUTCOMES,
  canary: DUE_OUTCOMES,
  'revoke-access': { 'access-tokens-revoked': true, busy: true, 'not-found': true },
};

const RESEAL_OUTCOMES: Names<ResealOutcome> = {
  resealed: true,
  unchanged: true,
  busy: true,
  'key-unavailable': true,
  'not-found': true,
};

/** What `rotate` returned. Both functions are deployed together, so the name of the outcome decides. */
function outcomeOf<Outcome extends { readonly outcome: string }>(
  { FunctionError, Payload }: InvokeCommandOutput,
  outcomes: Names<Outcome>,
): Outcome {
  // The payload of a failed invocation repeats the function's error; it is not read.
  const value = FunctionError === undefined ? parsed(Payload) : undefined;
  if (isOneOf(value, outcomes)) return value;
  throw new PlatformError('ROTATOR_UNAVAILABLE', 'The function rotate ended without an outcome.', {
    reason: FunctionError === undefined ? 'NoOutcome' : 'FunctionError',
  });
}

function parsed(payload: Uint8Array | undefined): unknown {
  try {
    return JSON.parse(Buffer.from(payload ?? []).toString('utf8'));
  } catch {
    return undefined;
  }
}

function isOneOf<Outcome extends { readonly outcome: string }>(
  value: unknown,
  outcomes: Names<Outcome>,
): value is Outcome {
  return (
    typeof value === 'object' &&
    value !== null &&
    'outcome' in value &&
    typeof value.outcome === 'string' &&
    Object.hasOwn(outcomes, value.outcome)
  );
}
