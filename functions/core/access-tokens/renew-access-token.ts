import { PlatformError } from '../platform-error.ts';
import type { AccessTokenStore } from '../ports/access-tokens.ts';
import type { Telemetry } from '../ports/events.ts';
import type { Clock, Random } from '../ports/platform.ts';
import type { Rotator } from '../ports/rotation.ts';
import type { RotateRequest } from '../rotation/rotate-request.ts';
import type { AccessTokenRecord, SealedAccessToken } from './access-token-record.ts';
import { type Decision, decisionOf } from './classify-outcome.ts';
import {
  classifyStoredToken,
  type StoredTokenClass,
  type TokenRequirement,
} from './classify-stored-token.ts';
import type { VendFailure } from './vend-result.ts';

export interface RenewalDeps {
  readonly accessTokens: Pick<AccessTokenStore, 'read'>;
  readonly rotator: Rotator;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
}

export interface Renewal {
  readonly connectionId: string;
  readonly scopeSet: string;
  readonly demand: TokenRequirement;
  readonly minTtlSeconds: number;
  /** When the caller's request came in, on the monotonic clock. */
  readonly startedAtMs: number;
}

export type RenewalResult = { readonly result: 'token'; readonly token: SealedAccessToken } | VendFailure;

/** The API answers within 30 s (not raisable): the vend gives up well before. `rotate` runs on. */
const DEADLINE_MS = 25_000;
const ASK_WAIT_MS = 10_000;
const MAX_ASKS = 3;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 1000;
const RETRY_AFTER_MS = 5000;

/**
 * Asks `rotate` for a better access token and watches the store until it is there, `rotate` says why not, or time is up.
 * Whatever `rotate` says, a stored token that satisfies the caller is taken: somebody else may have published it.
 */
export function createRenewal(deps: RenewalDeps) {
  const { clock } = deps;

  return async function renew(renewal: Renewal): Promise<RenewalResult> {
    const deadlineMs = renewal.startedAtMs + DEADLINE_MS;
    const watch = createWatch(deps, renewal);
    for (let asks = 1; clock.monotonicMs() < deadlineMs; asks++) {
      const decision = await ask(deps, requestOf(renewal), deadlineMs - clock.monotonicMs());
      const found = await watch(0);
      if (found !== undefined) return found;
      if (decision.kind === 'failed') return decision.failure;
      const askAgainAtMs =
        asks < MAX_ASKS ? clock.monotonicMs() + decision.askAgainAfterMs : Number.POSITIVE_INFINITY;
      const appeared = await watch(Math.min(deadlineMs, askAgainAtMs));
      if (appeared !== undefined) return appeared;
    }
    return unavailable('out-of-time');
  };
}

/** Looks into the store once, and again with growing pauses until `untilMs` on the monotonic clock. */
function createWatch({ accessTokens, clock, random, telemetry }: RenewalDeps, renewal: Renewal) {
  const { connectionId, scopeSet, demand } = renewal;
  const look = async (): Promise<RenewalResult | undefined> => {
    const record = await accessTokens.read(connectionId, scopeSet).catch((error: unknown) => {
      telemetry.warn('The store did not answer while a rotation was awaited.', { connectionId });
      return unlessForeign<AccessTokenRecord | undefined>(error, undefined);
    });
    return resultOf(classifyStoredToken(record, demand, clock.nowMs()));
  };

  return async (untilMs: number): Promise<RenewalResult | undefined> => {
    let pauseMs = FIRST_PAUSE_MS;
    for (;;) {
      const found = await look();
      if (found !== undefined || clock.monotonicMs() >= untilMs) return found;
      await clock.sleep(Math.min(jittered(pauseMs, random), untilMs - clock.monotonicMs()));
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 1.5);
    }
  };
}

function resultOf(classified: StoredTokenClass): RenewalResult | undefined {
  switch (classified.kind) {
    case 'serve':
      return { result: 'token', token: classified.token };
    case 'min-ttl-too-long':
      return { result: 'min-ttl-too-long', maximumSeconds: classified.maximumSeconds };
    case 'renew':
      return undefined;
  }
}

async function ask(deps: RenewalDeps, request: RotateRequest, timeLeftMs: number): Promise<Decision> {
  try {
    const outcome = await deps.rotator.rotate(request, Math.min(ASK_WAIT_MS, timeLeftMs));
    return decisionOf(outcome);
  } catch (error) {
    deps.telemetry.error('The rotator could not be asked.', error, { connectionId: request.connectionId });
    return { kind: 'failed', failure: unlessForeign(error, unavailable('rotator')) };
  }
}

function requestOf({ connectionId, scopeSet, minTtlSeconds, demand: { not } }: Renewal): RotateRequest {
  const rejected = not && { generation: not.generation, version: not.version };
  return {
    connectionId,
    trigger: 'vend',
    requirement: { scopeSet, minTtlSeconds, ...(rejected && { rejected }) },
  };
}

/** Half to one and a half of the pause, so that the waiting callers of one token do not read in step. */
function jittered(pauseMs: number, random: Random): number {
  const [byte = 0] = random.bytes(1);
  return Math.min(LONGEST_PAUSE_MS, pauseMs * (0.5 + byte / 255));
}

function unlessForeign<Value>(error: unknown, value: Value): Value {
  if (error instanceof PlatformError) return value;
  throw error;
}

function unavailable(reason: string): VendFailure {
  return { result: 'unavailable', reason, retryAfterMs: RETRY_AFTER_MS };
}
