import { type Connection, type ConnectionChanges, hasUncleanLease } from '../connection/connection.ts';
import { STATE_RULES } from '../connection/connection-states.ts';
import {
  canRotate,
  expiryWorkAtMs,
  isBeyondHope,
  recoveryAtMs,
  rotationAtMs,
  warningAtMs,
} from '../connection/due.ts';
import { isKeptByRotating } from '../connection/lifetime.ts';
import type { Deadline } from '../deadline.ts';
import { HOUR_MS } from '../durations.ts';
import { isoTime } from '../moment.ts';
import { expiredDecision } from './decisions.ts';
import { publishOutbox } from './publish.ts';
import { recover } from './recover.ts';
import { withRepairedMoments } from './repair-moments.ts';
import { revoke } from './revoke.ts';
import { revokeAccessTokens } from './revoke-access-tokens.ts';
import type { RotateOutcome, RotateRequest } from './rotate-request.ts';
import { rotateToken } from './rotate-token.ts';
import {
  claimLease,
  type RotationDeps,
  type Run,
  randomId,
  type StepResult,
  updateAsRead,
  updateWithSchedule,
} from './run.ts';

export type Rotate = (request: RotateRequest, deadline: Deadline) => Promise<RotateOutcome>;

/**
 * Does whatever a connection's due time, or a caller, asks: rotate, recover a parked successor, warn, revoke, drop a tombstone,
 * publish events. Every way out leaves the connection's next due time stored and created.
 * Throws only what the ports throw when nothing could be done at all.
 */
export function createRotate(deps: RotationDeps): Rotate {
  return async (request, deadline) => {
    const run: Run = { deps, request, deadline, runId: randomId(deps) };
    const read = await deps.connections.read(request.connectionId);
    const connection = read && (await withRepairedMoments(run, read));
    const result = connection ? await work(run, connection) : await workWithout(run);
    if (result.connection) await publishOutbox(run, result.connection);
    deps.telemetry.measure('Rotations', 1, 'Count', { outcome: result.outcome.outcome });
    measureSafety(deps, result.connection);
    if (request.trigger === 'canary') {
      const decision = canaryResult(result.outcome, result.connection);
      deps.telemetry.measure('CanaryRuns', 1, 'Count', { result: decision });
    }
    return result.outcome;
  };
}

/** The smallest of these over a fleet is what its operators watch; it must not be one that nobody could help. */
function measureSafety(deps: RotationDeps, connection: Connection | undefined): void {
  if (!connection?.refreshExpiresAtMs || !isKeptByRotating(connection)) return;
  const hours = (connection.refreshExpiresAtMs - deps.clock.nowMs()) / HOUR_MS;
  deps.telemetry.measure('HoursOfSafetyLeft', hours, 'None');
}

async function work(run: Run, connection: Connection): Promise<StepResult> {
  const kind = workFor(connection, run.request, run.deps.clock.nowMs());
  const result = await WORK[kind](run, connection);
  return kind === 'redeem' ? revokeAfterRefusal(run, result) : result;
}

/**
 * A refused connection is always due when its back-off ends, so the due time never comes that is for its owed revocations alone:
 * they follow the refusal. Only where no caller waits.
 */
async function revokeAfterRefusal(run: Run, result: StepResult): Promise<StepResult> {
  const { outcome, connection } = result;
  if (run.request.trigger !== 'schedule' || !connection || connection.revocations.length === 0) return result;
  if (!REFUSALS.has(outcome.outcome)) return result;
  const revoked = await revoke(run, connection);
  return { ...revoked, outcome };
}

/** Adobe answered, or was not asked because of this grant alone. */
const REFUSALS: ReadonlySet<RotateOutcome['outcome']> = new Set([
  'suspect',
  'reauthorization-required',
  'user-action-required',
  'degraded',
]);

const WORK: Readonly<Record<Work, (run: Run, connection: Connection) => Promise<StepResult>>> = {
  recover: (run, connection) =>
    run.request.parked ? recover(run, connection, run.request.parked) : nothing(run, connection),
  redeem: rotateToken,
  revoke,
  'revoke-access-tokens': revokeAccessTokens,
  warn: warnOfExpiry,
  'give-up': giveUp,
  'drop-tombstone': dropTombstone,
  nothing,
  'refuse-gone': async () => ({ outcome: { outcome: 'not-found' } }),
  'refuse-not-renewable': async () => ({ outcome: { outcome: 'not-renewable' } }),
  'refuse-reauthorization': async () => ({ outcome: { outcome: 'reauthorization-required' } }),
};

/** A schedule fired for a connection that is not there (any more). */
async function workWithout(run: Run): Promise<StepResult> {
  if (run.request.parked) return recover(run, undefined, run.request.parked);
  return { outcome: { outcome: 'not-found' } };
}

/** An early schedule: an on-demand refresh moved the due time. The next one is created here. */
async function nothing(run: Run, connection: Connection): Promise<StepResult> {
  const updated = await updateAsRead(run, connection, {});
  return { outcome: { outcome: 'idle' }, connection: updated.connection };
}

async function dropTombstone(run: Run, connection: Connection): Promise<StepResult> {
  await run.deps.connections.remove(connection.connectionId, connection.generation);
  return { outcome: { outcome: 'not-found' } };
}

/** What one run of `rotate` does first. */
export type Work =
  | 'recover'
  | 'revoke'
  | 'revoke-access-tokens'
  | 'drop-tombstone'
  | 'give-up'
  | 'redeem'
  | 'warn'
  | 'refuse-reauthorization'
  | 'refuse-not-renewable'
  | 'refuse-gone'
  | 'nothing';

/** Decides from the connection alone what its due time, or the caller, asks for. */
export function workFor(connection: Connection, request: RotateRequest, nowMs: number): Work {
  if (request.trigger === 'parked') return 'recover';
  if (connection.state === 'disconnected') return tombstoneWork(connection, request, nowMs);
  if (connection.state === 'disconnecting') return asksOfAccessTokens(request) ? 'refuse-gone' : 'revoke';
  if (request.trigger === 'vend') return vendWork(connection);
  if (request.trigger === 'revoke-access') return 'revoke-access-tokens';
  if (asksForRotation(request) && canRotate(connection)) return 'redeem';
  const due = dueWork(connection, nowMs);
  // The living grant first: IMS may never answer for what is to be revoked.
  const mayRevoke = connection.revocations.length > 0 && isPast(connection.nextAttemptAtMs ?? 0, nowMs);
  return due === 'nothing' && mayRevoke ? 'revoke' : due;
}

function dueWork(connection: Connection, nowMs: number): Work {
  if (isPast(expiryWorkAtMs(connection, nowMs), nowMs))
    return isBeyondHope(connection, nowMs) ? 'give-up' : 'redeem';
  if (isPast(rotationAtMs(connection), nowMs) || isPast(recoveryAtMs(connection), nowMs)) return 'redeem';
  // A lease that ran out says that a successor may be parked: nobody takes it over without looking.
  if (isPast(warningAtMs(connection), nowMs) && !hasUncleanLease(connection, nowMs)) return 'warn';
  return 'nothing';
}

function vendWork(connection: Connection): Work {
  if (!STATE_RULES[connection.state].mayVend) return 'refuse-reauthorization';
  return canRotate(connection) ? 'redeem' : 'refuse-not-renewable';
}

function tombstoneWork(connection: Connection, request: RotateRequest, nowMs: number): Work {
  if (asksOfAccessTokens(request)) return 'refuse-gone';
  return isPast(connection.tombstoneUntilMs, nowMs) ? 'drop-tombstone' : 'nothing';
}

function asksOfAccessTokens({ trigger }: RotateRequest): boolean {
  return trigger === 'vend' || trigger === 'revoke-access';
}

/** Whatever is due. */
function asksForRotation({ trigger }: RotateRequest): boolean {
  return trigger === 'operator' || trigger === 'canary';
}

function isPast(momentMs: number | undefined, nowMs: number): boolean {
  return momentMs !== undefined && momentMs <= nowMs;
}

/** What one rotation of the canary says about all others. */
export type CanaryResult = 'rotated' | 'waiting' | 'refused';

const CANARY_REFUSALS: ReadonlySet<RotateOutcome['outcome']> = new Set([
  'suspect',
  'degraded',
  'user-action-required',
  'reauthorization-required',
  'not-renewable',
  'not-found',
]);

/** Nobody revokes a canary: whatever is not a trouble that passes says that grants get lost. */
export function canaryResult({ outcome }: RotateOutcome, connection: Connection | undefined): CanaryResult {
  if (outcome === 'rotated') return 'rotated';
  const isUnwell = connection !== undefined && (connection.state !== 'active' || !connection.renewable);
  return isUnwell || CANARY_REFUSALS.has(outcome) ? 'refused' : 'waiting';
}

/** Warns the app, days ahead, that a connection ends which no rotation can extend. */
export async function warnOfExpiry(run: Run, connection: Connection): Promise<StepResult> {
  const { refreshExpiresAtMs } = connection;
  if (refreshExpiresAtMs === undefined) return { outcome: { outcome: 'idle' }, connection };
  const nowMs = run.deps.clock.nowMs();
  run.deps.telemetry.measure('ExpiringSoon', 1, 'Count');
  return underLease(run, connection, {
    warnedOfExpiryAtMs: refreshExpiresAtMs,
    newEvents: [
      {
        id: randomId(run.deps),
        type: 'Expiring Soon',
        atMs: nowMs,
        generation: connection.generation,
        detail: { refreshExpiresAt: isoTime(refreshExpiresAtMs) },
      },
    ],
  });
}

/** The end of life is long past and IMS was never heard of again. */
export async function giveUp(run: Run, connection: Connection): Promise<StepResult> {
  const decision = expiredDecision({
    connection,
    posted: 'refresh',
    refusalBurst: false,
    nowMs: run.deps.clock.nowMs(),
    jitter: 0,
    eventId: randomId(run.deps),
  });
  return { ...(await underLease(run, connection, decision.changes)), outcome: decision.outcome };
}

/** A state change that must not interleave with a redemption. */
async function underLease(run: Run, connection: Connection, changes: ConnectionChanges): Promise<StepResult> {
  if (!(await claimLease(run, connection))) {
    return { outcome: { outcome: 'busy', retryAfterMs: 1_000 } };
  }
  const only = { onlyIfLeasedBy: run.runId };
  const updated = await updateWithSchedule(run, connection, { ...changes, lease: null }, only);
  return { outcome: { outcome: 'idle' }, connection: updated.connection };
}
