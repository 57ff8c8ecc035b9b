import { type Connection, type ConnectionChanges, leaseEndsAtMs } from '../connection/connection.ts';
import { LONGEST_WAIT_MS, rotationAtMs } from '../connection/due.ts';
import { MINUTE_MS, SECOND_MS } from '../durations.ts';
import { type PassedBreakers, readBreakers } from './breaker-report.ts';
import { type Breakers, gateOf, type OpenBreaker } from './breakers.ts';
import { heldUntil, isHeldByBreaker, isLastChance, standingOf } from './last-answer.ts';
import { grownPause, scopePauseAt, scopesRefusedOutcome } from './pauses.ts';
import type { WaitingReason } from './rotate-request.ts';
import { type Run, randomShare, type StepResult, updateAsRead } from './run.ts';
import { CLOCK_TOLERANCE_MS, NEEDED_TO_START_MS, PUBLISHING_MS } from './time-budget.ts';

/** An operator has to fix it. */
export const RETRY_AFTER_OUR_ERROR_MS = 5 * MINUTE_MS;
/** Of the life that is left, waiting may cost so much at a time. */
const SPREAD_SHARE = 0.05;

export type Gate = { readonly passed: PassedBreakers } | { readonly stopped: StepResult };

/** Everything that answers without touching KMS or IMS. Each way out of here leaves a stored due time. */
export async function passGate(run: Run, connection: Connection, scopeSet: string): Promise<Gate> {
  const { clock, connections } = run.deps;
  if (await isFresh(run, connection)) return stop(connection, { outcome: 'already-fresh' });
  const nowMs = clock.nowMs();
  if (nowMs < leaseEndsAtMs(connection)) return busy(run, connection, leaseEndsAtMs(connection) - nowMs);
  const publishingMs = stillPublishingMs(run, connection, nowMs);
  if (publishingMs > 0) return busy(run, connection, publishingMs);
  if (!skipsBackOff(run, connection) && nowMs < (connection.nextAttemptAtMs ?? 0)) {
    return wait(run, connection, 'backoff', connection.nextAttemptAtMs ?? nowMs);
  }
  if (isForced(run, scopeSet) && nowMs < (connection.forcedRefreshes?.nextAllowedAtMs ?? 0)) {
    return wait(
      run,
      connection,
      'forced-refresh-limit',
      connection.forcedRefreshes?.nextAllowedAtMs ?? nowMs,
    );
  }
  const pause = scopePauseAt(connection, scopeSet, nowMs);
  if (pause) return stop(connection, scopesRefusedOutcome(pause, nowMs));
  const skewMs = connections.clockSkewMs() ?? 0;
  if (Math.abs(skewMs) > CLOCK_TOLERANCE_MS) {
    run.deps.telemetry.error('Our clock differs from the store’s; leases cannot be trusted.');
    // By the store's clock: others, whose clocks are right, will read this moment.
    return wait(run, connection, 'clock-skew', Math.round(nowMs - skewMs) + RETRY_AFTER_OUR_ERROR_MS);
  }
  if (run.deadline.remainingMs() < NEEDED_TO_START_MS) {
    return wait(run, connection, 'out-of-time', nowMs + MINUTE_MS);
  }
  return passBreakers(run, connection, await readBreakers(run.deps), nowMs);
}

/** A caller asks the breaker that made the connection wait, not the connection. */
function skipsBackOff({ request: { trigger } }: Run, connection: Connection): boolean {
  return trigger === 'operator' || (trigger === 'vend' && isHeldByBreaker(connection));
}

/**
 * Stops here for now: remembers not to try before `untilMs`, and sees that the due time is created. A caller's request, which has
 * posted nothing, leaves everything as it is: it must not put off a rotation that is due.
 */
export async function wait(
  run: Run,
  connection: Connection,
  reason: WaitingReason,
  askedUntilMs: number,
  changes: ConnectionChanges = {},
): Promise<{ stopped: StepResult }> {
  const nowMs = run.deps.clock.nowMs();
  const untilMs = Math.min(askedUntilMs, nowMs + LONGEST_WAIT_MS);
  const retryAfterMs = Math.max(SECOND_MS, untilMs - nowMs);
  run.deps.telemetry.info('The rotation waits.', { connectionId: connection.connectionId, reason });
  run.deps.telemetry.measure('RotationWaits', 1, 'Count', { reason });
  const outcome = { outcome: 'waiting', reason, retryAfterMs } as const;
  if (run.request.trigger === 'vend') return { stopped: { outcome, connection } };
  if (untilMs <= (connection.nextAttemptAtMs ?? 0)) {
    return { stopped: { outcome, connection: await reschedule(run, connection) } };
  }
  const updated = await updateAsRead(run, connection, { nextAttemptAtMs: untilMs, ...changes });
  return { stopped: { outcome, connection: updated.connection } };
}

/** A schedule that fired in vain is replaced; a caller's request leaves the schedule that is there. */
async function reschedule(run: Run, connection: Connection): Promise<Connection> {
  if (run.request.trigger === 'vend') return connection;
  return (await updateAsRead(run, connection, {})).connection;
}

async function busy(run: Run, connection: Connection, retryAfterMs: number): Promise<Gate> {
  return stop(await reschedule(run, connection), { outcome: 'busy', retryAfterMs });
}

async function passBreakers(
  run: Run,
  connection: Connection,
  breakers: Breakers,
  nowMs: number,
): Promise<Gate> {
  const lifeLeftMs = (connection.refreshExpiresAtMs ?? nowMs) - nowMs;
  const gate = gateOf(breakers, lifeLeftMs, nowMs, {
    standing: standingOf(connection),
    forCaller: run.request.trigger === 'vend',
    passesCredential:
      breakers.credential !== undefined && (await passesCredential(run, connection, breakers.credential)),
  });
  if (gate.gate === 'open') return { passed: { breakers } };
  if (gate.gate === 'probe' && (await run.deps.breakers.write(gate.reopened)) === 'written') {
    const reopened = { ...gate.reopened, revision: gate.reopened.revision + 1 };
    return { passed: { breakers: reopened, trial: gate.breaker } };
  }
  const untilMs = gate.gate === 'wait' ? gate.untilMs : nowMs + MINUTE_MS;
  const openForMs = nowMs - (breakers[gate.breaker]?.openedAtMs ?? nowMs);
  return waitOut(run, connection, { reason: `${gate.breaker}-breaker`, untilMs, openForMs });
}

/** A refused credential uses up no token: what may be cured, and what has little time left, is worth a post. */
async function passesCredential(run: Run, connection: Connection, credential: OpenBreaker): Promise<boolean> {
  if (run.request.trigger === 'operator' || isLastChance(connection, run.deps.clock.nowMs())) return true;
  if (credential.secretVersion === undefined) return false;
  const secrets = await run.deps.clientSecret.read({ recheck: true }).catch(() => 'not-configured' as const);
  return secrets !== 'not-configured' && secrets.versionId !== credential.secretVersion;
}

interface Trouble {
  readonly reason: WaitingReason;
  /** The next probe may pass. */
  readonly untilMs: number;
  readonly openForMs: number;
}

/**
 * The number of those who wait grows with the time the trouble lasts: they come back spread over as much time, so that its
 * end is no herd, and not before half of it, so that waiting costs little. A caller's request leaves everything as it
 * is: the next one is served as soon as the breaker has closed.
 */
async function waitOut(
  run: Run,
  connection: Connection,
  { reason, untilMs, openForMs }: Trouble,
): Promise<{ stopped: StepResult }> {
  const nowMs = run.deps.clock.nowMs();
  if (run.request.trigger === 'vend') {
    const outcome = {
      outcome: 'waiting',
      reason,
      retryAfterMs: Math.max(SECOND_MS, untilMs - nowMs),
    } as const;
    return { stopped: { outcome, connection } };
  }
  const lifeLeftMs = (connection.refreshExpiresAtMs ?? nowMs) - nowMs;
  const spreadMs = Math.max(MINUTE_MS, Math.min(openForMs, lifeLeftMs * SPREAD_SHARE));
  const rotateAtMs = Math.round(untilMs + spreadMs * (0.5 + randomShare(run.deps) / 2));
  const isDue = connection.rotateAtMs !== undefined && connection.rotateAtMs <= nowMs;
  return wait(run, connection, reason, untilMs, { ...heldUntil(untilMs), ...(isDue && { rotateAtMs }) });
}

/** The caller's wish is already met by what is stored. */
async function isFresh(run: Run, connection: Connection): Promise<boolean> {
  const { requirement } = run.request;
  const nowMs = run.deps.clock.nowMs();
  // A rotation that is due anyway is done now: a vend is the third trigger beside schedule and reconciler.
  if (!requirement || (rotationAtMs(connection) ?? nowMs + 1) <= nowMs) return false;
  const record = await run.deps.accessTokens.read(connection.connectionId, requirement.scopeSet);
  if (record?.kind !== 'token' || record.generation !== connection.generation) return false;
  const { rejected } = requirement;
  if (rejected && record.generation === rejected.generation && record.version <= rejected.version)
    return false;
  return record.expiresAtMs - nowMs >= requirement.minTtlSeconds * SECOND_MS;
}

/**
 * Somebody committed moments ago and has yet to publish: waiting is cheaper than a second refresh. For how long; 0 when
 * nothing is to be waited for any more.
 */
function stillPublishingMs(run: Run, connection: Connection, nowMs: number): number {
  if (run.request.requirement?.scopeSet !== '*') return 0;
  const sinceMs = nowMs - (connection.rotatedAtMs ?? connection.connectedAtMs);
  const rejectedIsOlder = run.request.requirement.rejected?.version !== connection.version;
  return sinceMs >= 0 && rejectedIsOlder ? Math.max(0, PUBLISHING_MS - sinceMs) : 0;
}

function stop(connection: Connection, outcome: StepResult['outcome']): Gate {
  return { stopped: { outcome, connection } };
}

/** This very post is for a caller whose access token Adobe rejected. */
export function isForced({ request: { requirement } }: Run, scopeSet: string): boolean {
  return requirement?.rejected !== undefined && requirement.scopeSet === scopeSet;
}

/** How long forced refreshes are refused after one more rejected token: a minute, doubling to an hour. */
export function nextForcedRefreshes(
  before: Connection['forcedRefreshes'],
  nowMs: number,
): NonNullable<Connection['forcedRefreshes']> {
  const last = before && { count: before.count, untilMs: before.nextAllowedAtMs };
  const { count, untilMs } = grownPause(last, nowMs);
  return { count, nextAllowedAtMs: untilMs };
}
