import { type Connection, type ConnectionChanges, leaseEndsAtMs } from '../connection/connection.ts';
import { LONGEST_WAIT_MS, rotationAtMs } from '../connection/due.ts';
import { EVERYTHING_GRANTED } from '../connection/sealed-token.ts';
import { MINUTE_MS, SECOND_MS } from '../time-units.ts';
import { type Passed, readBreakers } from './breaker-report.ts';
import { type Breakers, breakerGate, type OpenBreaker } from './breakers.ts';
import { mayTryEarly, passEarly } from './early-try.ts';
import { isLastChance, standingOf } from './last-answer.ts';
import {
  heldUntil,
  isHeldByBreaker,
  RETRY_AFTER_OUR_ERROR_MS,
  scopePauseAt,
  scopesRefusedOutcome,
} from './pauses.ts';
import type { WaitingReason } from './rotate-request.ts';
import { type Run, randomShare, type Stopped, stopped, updateAsRead } from './run.ts';
import { CLOCK_TOLERANCE_MS, NEEDED_TO_START_MS, PUBLISHING_MS } from './time-budget.ts';

/** Waiting for a breaker may cost this share of the life that is left, at a time. */
const SPREAD_SHARE = 0.05;

/**
 * Every check that needs neither KMS, the client secret nor IMS: whether the token is fresh, leased or in a pause, and
 * whether our clock, our time and the breakers allow a post. A scheduled run that stops here leaves a stored due time.
 * A caller's request writes nothing.
 */
export async function passGate(
  run: Run,
  connection: Connection,
  scopeSet: string,
): Promise<Passed | Stopped> {
  const { clock, connections } = run.deps;
  if (await isFresh(run, connection)) return stopped({ outcome: 'already-fresh' }, connection);
  const nowMs = clock.nowMs();
  if (nowMs < leaseEndsAtMs(connection)) return busy(run, connection, leaseEndsAtMs(connection) - nowMs);
  const publishingMs = stillPublishingMs(run, connection, nowMs);
  if (publishingMs > 0) return busy(run, connection, publishingMs);
  const { nextAttemptAtMs = 0 } = connection;
  const backsOff = !skipsBackOff(run, connection) && nowMs < nextAttemptAtMs;
  if (backsOff && !mayTryEarly(run, connection, 'own back-off'))
    return wait(run, connection, 'backoff', nextAttemptAtMs);
  const forcedAgainAtMs = connection.forcedRefreshes?.nextAllowedAtMs ?? 0;
  if (isForced(run, scopeSet) && nowMs < forcedAgainAtMs) {
    return wait(run, connection, 'forced-refresh-limit', forcedAgainAtMs);
  }
  const pause = scopePauseAt(connection, scopeSet, nowMs);
  if (pause) return stopped(scopesRefusedOutcome(pause, nowMs), connection);
  const skewMs = connections.clockSkewMs() ?? 0;
  if (Math.abs(skewMs) > CLOCK_TOLERANCE_MS) {
    run.deps.telemetry.error('Our clock differs from the store’s; leases cannot be trusted.');
    // By the store's clock: other processes, whose clocks are right, will read this moment.
    return wait(run, connection, 'clock-skew', Math.round(nowMs - skewMs) + RETRY_AFTER_OUR_ERROR_MS);
  }
  if (run.deadline.remainingMs() < NEEDED_TO_START_MS) {
    return wait(run, connection, 'out-of-time', nowMs + MINUTE_MS);
  }
  const breakers = await readBreakers(run.deps);
  if (!backsOff) return passBreakers(run, connection, breakers, nowMs);
  const early = await passEarly(run, connection, breakers);
  return early ?? wait(run, connection, 'backoff', nextAttemptAtMs);
}

/** What is stored meets the caller's requirement already. */
async function isFresh(run: Run, connection: Connection): Promise<boolean> {
  const { requirement } = run.request;
  const nowMs = run.deps.clock.nowMs();
  // A rotation that is due is done now: besides schedule and reconciler, a vend triggers it too.
  if (!requirement || (rotationAtMs(connection) ?? nowMs + 1) <= nowMs) return false;
  const record = await run.deps.accessTokens.read(connection.connectionId, requirement.scopeSet);
  if (record?.kind !== 'token' || record.generation !== connection.generation) return false;
  const { rejected } = requirement;
  if (rejected && record.generation === rejected.generation && record.version <= rejected.version)
    return false;
  return record.expiresAtMs - nowMs >= requirement.minTtlSeconds * SECOND_MS;
}

/**
 * Another run committed moments ago and has yet to publish: waiting is cheaper than a second refresh. For how long; 0
 * when there is nothing to wait for any more.
 */
function stillPublishingMs(run: Run, connection: Connection, nowMs: number): number {
  if (run.request.requirement?.scopeSet !== EVERYTHING_GRANTED) return 0;
  const sinceMs = nowMs - (connection.rotatedAtMs ?? connection.connectedAtMs);
  const rejectedIsOlder = run.request.requirement.rejected?.version !== connection.version;
  return sinceMs >= 0 && rejectedIsOlder ? Math.max(0, PUBLISHING_MS - sinceMs) : 0;
}

/** A caller asks the breaker that made the connection wait, not the connection. */
function skipsBackOff({ request: { trigger } }: Run, connection: Connection): boolean {
  return trigger === 'operator' || (trigger === 'vend' && isHeldByBreaker(connection));
}

/** This very post is for a caller whose access token Adobe rejected. */
export function isForced({ request: { requirement } }: Run, scopeSet: string): boolean {
  return requirement?.rejected !== undefined && requirement.scopeSet === scopeSet;
}

async function passBreakers(
  run: Run,
  connection: Connection,
  breakers: Breakers,
  nowMs: number,
): Promise<Passed | Stopped> {
  const lifeLeftMs = (connection.refreshExpiresAtMs ?? nowMs) - nowMs;
  const gate = breakerGate(breakers, lifeLeftMs, nowMs, {
    standing: standingOf(connection),
    forCaller: run.request.trigger === 'vend',
    passesCredential:
      breakers.credential !== undefined && (await passesCredential(run, connection, breakers.credential)),
  });
  if (gate.kind === 'pass') return { kind: 'pass', breakers };
  if (gate.kind === 'trial' && (await run.deps.breakers.write(gate.reopened)) === 'written') {
    const reopened = { ...gate.reopened, revision: gate.reopened.revision + 1 };
    return { kind: 'pass', breakers: reopened, trial: gate.breaker };
  }
  if (gate.kind === 'hold' && mayTryEarly(run, connection, 'outage breaker')) {
    const early = await passEarly(run, connection, breakers);
    if (early) return early;
  }
  const untilMs = gate.kind === 'hold' ? gate.untilMs : nowMs + MINUTE_MS;
  const openForMs = nowMs - (breakers[gate.breaker]?.openedAtMs ?? nowMs);
  return waitForBreaker(run, connection, { reason: `${gate.breaker}-breaker`, untilMs, openForMs });
}

/** A refused credential uses up no token, so a post is worth it if the secret changed or little life is left. */
async function passesCredential(run: Run, connection: Connection, credential: OpenBreaker): Promise<boolean> {
  if (run.request.trigger === 'operator' || isLastChance(connection, run.deps.clock.nowMs())) return true;
  if (credential.secretVersion === undefined) return false;
  const secrets = await run.deps.clientSecret.read({ recheck: true }).catch(() => 'not-configured' as const);
  return secrets !== 'not-configured' && secrets.versionId !== credential.secretVersion;
}

interface BreakerPause {
  readonly reason: WaitingReason;
  /** The next trial may pass. */
  readonly untilMs: number;
  readonly openForMs: number;
}

/**
 * The longer the trouble lasts, the more connections wait. They come back spread over as much time, so that they do not
 * all come back at once, and not before half of that time, so that waiting costs few trials. A caller's request changes
 * nothing: the next one is served as soon as the breaker has closed.
 */
async function waitForBreaker(
  run: Run,
  connection: Connection,
  { reason, untilMs, openForMs }: BreakerPause,
): Promise<Stopped> {
  const nowMs = run.deps.clock.nowMs();
  if (run.request.trigger === 'vend') {
    const retryAfterMs = Math.max(SECOND_MS, untilMs - nowMs);
    return stopped({ outcome: 'waiting', reason, retryAfterMs }, connection);
  }
  const lifeLeftMs = (connection.refreshExpiresAtMs ?? nowMs) - nowMs;
  const spreadMs = Math.max(MINUTE_MS, Math.min(openForMs, lifeLeftMs * SPREAD_SHARE));
  const rotateAtMs = Math.round(untilMs + spreadMs * (0.5 + randomShare(run.deps) / 2));
  const isDue = connection.rotateAtMs !== undefined && connection.rotateAtMs <= nowMs;
  return wait(run, connection, reason, untilMs, { ...heldUntil(untilMs), ...(isDue && { rotateAtMs }) });
}

/**
 * Stops here for now: stores that the next attempt comes at `askedUntilMs`, and creates the schedule. A caller's
 * request, which has posted nothing, leaves everything as it is: it must not put off a rotation that is due.
 */
export async function wait(
  run: Run,
  connection: Connection,
  reason: WaitingReason,
  askedUntilMs: number,
  changes: ConnectionChanges = {},
): Promise<Stopped> {
  const nowMs = run.deps.clock.nowMs();
  const untilMs = Math.min(askedUntilMs, nowMs + LONGEST_WAIT_MS);
  const retryAfterMs = Math.max(SECOND_MS, untilMs - nowMs);
  run.deps.telemetry.info('The rotation waits.', { connectionId: connection.connectionId, reason });
  run.deps.telemetry.measure('RotationWaits', 1, 'Count', { reason });
  const outcome = { outcome: 'waiting', reason, retryAfterMs } as const;
  if (run.request.trigger === 'vend') return stopped(outcome, connection);
  if (untilMs <= (connection.nextAttemptAtMs ?? 0)) {
    return stopped(outcome, await rescheduled(run, connection));
  }
  const updated = await updateAsRead(run.deps, connection, { nextAttemptAtMs: untilMs, ...changes });
  return stopped(outcome, updated.connection);
}

async function busy(run: Run, connection: Connection, retryAfterMs: number): Promise<Stopped> {
  return stopped({ outcome: 'busy', retryAfterMs }, await rescheduled(run, connection));
}

/** A schedule that fired while nothing could be done is replaced. A caller's request leaves the schedule as it is. */
async function rescheduled(run: Run, connection: Connection): Promise<Connection> {
  if (run.request.trigger === 'vend') return connection;
  return (await updateAsRead(run.deps, connection, {})).connection;
}
