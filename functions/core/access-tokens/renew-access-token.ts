import { defined } from '../defined.ts';
import { PlatformError } from '../platform-error.ts';
import type { AccessTokenStore } from '../ports/access-tokens.ts';
import type { Telemetry } from '../ports/events.ts';
import type { Clock, Random } from '../ports/platform.ts';
import type { Rotator } from '../ports/rotation.ts';
import type { RotateRequest, Suspicion, VendOutcome } from '../rotation/rotate-request.ts';
import type { AccessTokenRecord, SealedAccessToken } from './access-token-record.ts';
import {
  classifyStoredToken,
  type StoredTokenClass,
  type TokenRequirement,
} from './classify-stored-token.ts';

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
  readonly requirement: TokenRequirement;
  readonly minTtlSeconds: number;
  /** When the caller's request came in, on the monotonic clock. */
  readonly startedAtMs: number;
}

export type RenewalResult =
  | { readonly outcome: 'renewed'; readonly token: SealedAccessToken }
  | RenewalFailure;

export type RenewalFailure =
  /** Unknown, disconnected, or in a state that may not vend. */
  | { readonly outcome: 'not-found' }
  | { readonly outcome: 'reauthorization-required' }
  | { readonly outcome: 'user-action-required'; readonly jumpUrl?: string }
  | { readonly outcome: 'not-renewable' }
  | {
      readonly outcome: 'unavailable';
      readonly reason: string;
      readonly retryAfterMs: number;
      readonly suspicion?: Suspicion;
    }
  | { readonly outcome: 'min-ttl-too-long'; readonly maximumSeconds: number }
  /** Adobe refuses a narrower token: the user's grant does not cover these scopes. */
  | { readonly outcome: 'scopes-not-granted'; readonly retryAfterMs: number };

/** The API answers within 30 s (not raisable): the vend gives up well before. `rotate` runs on. */
const DEADLINE_MS = 25_000;
const ROTATE_WAIT_MS = 10_000;
const MAX_REQUESTS = 3;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 1000;
const RETRY_AFTER_MS = 5000;

/** `createRenewal`, shared: concurrent callers with the same requirement wait for one renewal. */
export function createSharedRenewal(deps: RenewalDeps): (renewal: Renewal) => Promise<RenewalResult> {
  const renew = createRenewal(deps);
  const running = new Map<string, Promise<RenewalResult>>();
  return (renewal) => {
    const { connectionId, scopeSet, minTtlSeconds, requirement } = renewal;
    const { generation, version, issuedAtMs } = requirement.not ?? {};
    const key = JSON.stringify([connectionId, scopeSet, minTtlSeconds, generation, version, issuedAtMs]);
    const joined = running.get(key);
    if (joined !== undefined) return joined;
    const run = renew(renewal).finally(() => running.delete(key));
    running.set(key, run);
    return run;
  };
}

/**
 * Asks `rotate` for a better access token and watches the store until the token is there, `rotate` says why not, or time
 * is up. Whatever `rotate` says, a stored token that meets the requirement is taken: another run may have published it.
 */
function createRenewal(deps: RenewalDeps) {
  const { clock } = deps;

  return async function renew(renewal: Renewal): Promise<RenewalResult> {
    const deadlineMs = renewal.startedAtMs + DEADLINE_MS;
    const watch = createWatch(deps, renewal);
    for (let requests = 1; clock.monotonicMs() < deadlineMs; requests++) {
      const next = await requestRotation(deps, requestOf(renewal), deadlineMs - clock.monotonicMs());
      const found = await watch(0);
      if (found !== undefined) return found;
      if (next.kind === 'failed') return next.failure;
      const requestAgainAtMs =
        requests < MAX_REQUESTS ? clock.monotonicMs() + next.requestAgainAfterMs : Number.POSITIVE_INFINITY;
      const appeared = await watch(Math.min(deadlineMs, requestAgainAtMs));
      if (appeared !== undefined) return appeared;
    }
    return unavailable('out-of-time');
  };
}

function requestOf({
  connectionId,
  scopeSet,
  minTtlSeconds,
  requirement: { not },
}: Renewal): RotateRequest<'vend'> {
  const rejected = not && { generation: not.generation, version: not.version };
  return {
    connectionId,
    trigger: 'vend',
    requirement: { scopeSet, minTtlSeconds, ...(rejected && { rejected }) },
  };
}

async function requestRotation(
  deps: RenewalDeps,
  request: RotateRequest<'vend'>,
  timeLeftMs: number,
): Promise<NextStep> {
  try {
    const outcome = await deps.rotator.rotate(request, Math.min(ROTATE_WAIT_MS, timeLeftMs));
    return nextStepAfter(outcome);
  } catch (error) {
    const { connectionId } = request;
    deps.telemetry.error('The rotator could not be asked.', error, { connectionId });
    return { kind: 'failed', failure: unlessForeign(error, unavailable('rotator')) };
  }
}

/** Reads the store once, and again with growing pauses until `untilMs` on the monotonic clock. */
function createWatch({ accessTokens, clock, random, telemetry }: RenewalDeps, renewal: Renewal) {
  const { connectionId, scopeSet, requirement } = renewal;
  const look = async (): Promise<RenewalResult | undefined> => {
    const record = await accessTokens.read(connectionId, scopeSet).catch((error: unknown) => {
      telemetry.warn('The store did not answer while a rotation was awaited.', { connectionId });
      return unlessForeign<AccessTokenRecord | undefined>(error, undefined);
    });
    return resultOf(classifyStoredToken(record, requirement, clock.nowMs()));
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
      return { outcome: 'renewed', token: classified.token };
    case 'min-ttl-too-long':
      return { outcome: 'min-ttl-too-long', maximumSeconds: classified.maximumSeconds };
    case 'renew':
      return undefined;
  }
}

/** Half to one and a half of the pause, so that the callers that wait for one token do not read at the same moments. */
function jittered(pauseMs: number, random: Random): number {
  const [byte = 0] = random.bytes(1);
  return Math.min(LONGEST_PAUSE_MS, pauseMs * (0.5 + byte / 255));
}

function unlessForeign<Value>(error: unknown, value: Value): Value {
  if (error instanceof PlatformError) return value;
  throw error;
}

/** What a renewal does after an outcome of `rotate`, where the store holds no token that meets the requirement. */
type NextStep =
  | { readonly kind: 'look-again'; readonly requestAgainAfterMs: number }
  | { readonly kind: 'failed'; readonly failure: RenewalFailure };

/** A token that was just rotated is published moments later. If it takes longer, something went wrong. */
const SHORTLY_MS = 1000;
/** A parked successor is recovered by a schedule that fires every minute. */
const PARKED_RETRY_MS = 60_000;
/** A fault of the vault that its operator has to fix. */
const DEGRADED_RETRY_MS = 300_000;

function nextStepAfter(outcome: VendOutcome | 'still-running'): NextStep {
  if (outcome === 'still-running') return lookAgain(Number.POSITIVE_INFINITY);
  switch (outcome.outcome) {
    case 'rotated':
    case 'already-fresh':
    case 'recovered':
    case 'superseded':
      return lookAgain(SHORTLY_MS);
    case 'busy':
      return lookAgain(Math.max(SHORTLY_MS, outcome.retryAfterMs));
    case 'waiting':
      return failed(unavailable(outcome.reason, outcome.retryAfterMs, outcome.suspicion));
    case 'unknown':
    case 'suspect':
      return failed(unavailable(outcome.outcome, outcome.retryAfterMs, outcome.suspicion));
    case 'degraded':
      return failed(unavailable('degraded', DEGRADED_RETRY_MS));
    case 'scopes-refused':
      // RFC 6749 §6: a refresh may not ask for a scope that was not granted.
      return outcome.code === 'invalid_scope'
        ? failed({ outcome: 'scopes-not-granted', retryAfterMs: outcome.retryAfterMs })
        : failed(unavailable('scopes-refused', outcome.retryAfterMs));
    case 'parked':
      return failed(unavailable('parked', PARKED_RETRY_MS));
    case 'not-renewable':
    case 'not-found':
    case 'reauthorization-required':
      return failed({ outcome: outcome.outcome });
    case 'user-action-required':
      return failed({
        outcome: 'user-action-required',
        ...defined({ jumpUrl: outcome.jumpUrl }),
      });
  }
}

function lookAgain(requestAgainAfterMs: number): NextStep {
  return { kind: 'look-again', requestAgainAfterMs };
}

function failed(failure: RenewalFailure): NextStep {
  return { kind: 'failed', failure };
}

function unavailable(
  reason: string,
  retryAfterMs: number = RETRY_AFTER_MS,
  suspicion?: Suspicion,
): RenewalFailure {
  return { outcome: 'unavailable', reason, retryAfterMs, ...defined({ suspicion }) };
}

/** One background rotation per connection and minute is enough, however many callers see that one is due. */
const BACKGROUND_PAUSE_MS = 60_000;
const REMEMBERED_CONNECTIONS = 1000;
/** The caller already has a live token. It does not wait longer than this for the invocation to be accepted. */
const ACCEPTANCE_WAIT_MS = 500;

export type BackgroundRenewalDeps = Pick<RenewalDeps, 'rotator' | 'clock' | 'telemetry'>;

/** Starts a rotation for a caller that does not have to wait for it. Never fails. */
export function createBackgroundRenewal({ rotator, clock, telemetry }: BackgroundRenewalDeps) {
  const startedAtMs = new Map<string, number>();

  return async (request: RotateRequest): Promise<void> => {
    const nowMs = clock.monotonicMs();
    const before = startedAtMs.get(request.connectionId);
    if (before !== undefined && nowMs - before < BACKGROUND_PAUSE_MS) return;
    startedAtMs.delete(request.connectionId);
    startedAtMs.set(request.connectionId, nowMs);
    forgetOldest(startedAtMs);
    const started = rotator.start(request).catch((error: unknown) => {
      startedAtMs.delete(request.connectionId);
      telemetry.error(
        'A due rotation could not be started. Its schedule or the reconciler will start it.',
        error,
        {
          connectionId: request.connectionId,
        },
      );
    });
    // Awaited, because a Lambda is frozen once it has answered.
    await Promise.race([started, clock.sleep(ACCEPTANCE_WAIT_MS)]);
  };
}

function forgetOldest(startedAtMs: Map<string, number>): void {
  const [oldest] = startedAtMs.keys();
  if (startedAtMs.size > REMEMBERED_CONNECTIONS && oldest !== undefined) startedAtMs.delete(oldest);
}
