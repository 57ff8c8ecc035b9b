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
import { isoTime } from '../moment.ts';
import { HOUR_MS } from '../time-units.ts';
import { outcomeForCaller } from './early-try.ts';
import { publishOutbox } from './publish.ts';
import { recover } from './recover.ts';
import { expiredDecision } from './refusals.ts';
import { withRepairedMoments } from './repair-moments.ts';
import { revoke } from './revoke.ts';
import { revokeAccessTokens } from './revoke-access-tokens.ts';
import type { OutcomesByTrigger, RotateOutcome, RotateRequest, RotateTrigger } from './rotate-request.ts';
import { rotateToken } from './rotate-token.ts';
import {
  claimLease,
  type RotationDeps,
  type Run,
  randomId,
  releaseLease,
  type StepResult,
  updateAsRead,
} from './run.ts';

export type Rotate = <Trigger extends RotateTrigger>(
  request: RotateRequest<Trigger>,
  deadline: Deadline,
) => Promise<OutcomesByTrigger[Trigger]>;

/**
 * Does the work that a connection's due time, or a caller, asks for: rotate, recover a parked successor, warn, revoke,
 * drop a tombstone, publish events. Every way out leaves the connection's next due time stored. Its schedule is
 * created too; if that fails, the reconciler finds the connection overdue. Throws only what the ports throw when nothing could be done at all.
 */
export function createRotate(deps: RotationDeps): Rotate {
  return async <Trigger extends RotateTrigger>(request: RotateRequest<Trigger>, deadline: Deadline) => {
    const run: Run = { deps, request, deadline, runId: randomId(deps) };
    const read = await deps.connections.read(request.connectionId);
    const connection = read && (await withRepairedMoments(run, read));
    const { outcome, connection: after } = connection ? await work(run, connection) : await workWithout(run);
    if (after) await publishOutbox(run, after);
    deps.telemetry.measure('Rotations', 1, 'Count', { outcome: outcome.outcome });
    measureSafety(deps, after);
    if (request.trigger === 'canary') {
      deps.telemetry.measure('CanaryRuns', 1, 'Count', { result: canaryResult(outcome, after) });
    }
    // `workFor` gives each trigger the work that ends in its own outcomes.
    return outcomeForCaller(run, outcome, after) as OutcomesByTrigger[Trigger];
  };
}

/** What one run of `rotate` does first. */
type Work =
  | 'recover'
  | 'revoke'
  | 'revoke-access-tokens'
  | 'drop-tombstone'
  | 'give-up'
  | 'rotate'
  | 'warn'
  | 'refuse-reauthorization'
  | 'refuse-not-renewable'
  | 'refuse-gone'
  | 'nothing';

const WORK: Readonly<Record<Work, (run: Run, connection: Connection) => Promise<StepResult>>> = {
  recover: (run, connection) =>
    run.request.parked ? recover(run, connection, run.request.parked) : nothing(run, connection),
  rotate: rotateToken,
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

async function work(run: Run, connection: Connection): Promise<StepResult> {
  const kind = workFor(connection, run.request, run.deps.clock.nowMs());
  const result = await WORK[kind](run, connection);
  return kind === 'rotate' ? revokeAfterRefusal(run, result) : result;
}

/** A schedule fired for a connection that does not exist, or no longer exists. */
async function workWithout(run: Run): Promise<StepResult> {
  if (run.request.parked) return recover(run, undefined, run.request.parked);
  return { outcome: { outcome: 'not-found' } };
}

/** Decides from the connection alone what its due time, or the caller, asks for. */
function workFor(connection: Connection, request: RotateRequest, nowMs: number): Work {
  if (request.trigger === 'parked') return 'recover';
  if (connection.state === 'disconnected') return tombstoneWork(connection, request, nowMs);
  if (connection.state === 'disconnecting') return asksOfAccessTokens(request) ? 'refuse-gone' : 'revoke';
  if (request.trigger === 'vend') return vendWork(connection);
  if (request.trigger === 'revoke-access') return 'revoke-access-tokens';
  if (asksForRotation(request) && canRotate(connection)) return 'rotate';
  const due = dueWork(connection, nowMs);
  // The living grant first: IMS may never answer for what is to be revoked.
  const mayRevoke = connection.revocations.length > 0 && isPast(connection.nextAttemptAtMs ?? 0, nowMs);
  return due === 'nothing' && mayRevoke ? 'revoke' : due;
}

function dueWork(connection: Connection, nowMs: number): Work {
  if (isPast(expiryWorkAtMs(connection, nowMs), nowMs))
    return isBeyondHope(connection, nowMs) ? 'give-up' : 'rotate';
  if (isPast(rotationAtMs(connection), nowMs) || isPast(recoveryAtMs(connection), nowMs)) return 'rotate';
  // A lease that ran out says that a successor may be parked: a run that does not look for it must not take the lease over.
  if (isPast(warningAtMs(connection), nowMs) && !hasUncleanLease(connection, nowMs)) return 'warn';
  return 'nothing';
}

function vendWork(connection: Connection): Work {
  if (!STATE_RULES[connection.state].mayVend) return 'refuse-reauthorization';
  return canRotate(connection) ? 'rotate' : 'refuse-not-renewable';
}

function tombstoneWork(connection: Connection, request: RotateRequest, nowMs: number): Work {
  if (asksOfAccessTokens(request)) return 'refuse-gone';
  return isPast(connection.tombstoneUntilMs, nowMs) ? 'drop-tombstone' : 'nothing';
}

function asksOfAccessTokens({ trigger }: RotateRequest): boolean {
  return trigger === 'vend' || trigger === 'revoke-access';
}

/** Regardless of what is due. */
function asksForRotation({ trigger }: RotateRequest): boolean {
  return trigger === 'operator' || trigger === 'canary';
}

function isPast(momentMs: number | undefined, nowMs: number): boolean {
  return momentMs !== undefined && momentMs <= nowMs;
}

/**
 * A connection that Adobe refuses always has a next try, so a due time for its pending revocations alone never comes.
 * They are posted after the refusal, but only where no caller waits.
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

/** The schedule fired early: an on-demand refresh moved the due time. The next schedule is created here. */
async function nothing({ deps }: Run, connection: Connection): Promise<StepResult> {
  const updated = await updateAsRead(deps, connection, {});
  return { outcome: { outcome: 'idle' }, connection: updated.connection };
}

async function dropTombstone(run: Run, connection: Connection): Promise<StepResult> {
  await run.deps.connections.remove(connection.connectionId, connection.generation);
  return { outcome: { outcome: 'not-found' } };
}

/** Warns the app, days ahead, that a connection that no rotation can extend will end. */
async function warnOfExpiry(run: Run, connection: Connection): Promise<StepResult> {
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

/** The end of life is long past, and IMS has not answered since. */
async function giveUp(run: Run, connection: Connection): Promise<StepResult> {
  const decision = expiredDecision({
    connection,
    posted: 'refresh',
    heldByRefusals: false,
    nowMs: run.deps.clock.nowMs(),
    jitter: 0,
    eventId: randomId(run.deps),
  });
  return { ...(await underLease(run, connection, decision.changes)), outcome: decision.outcome };
}

/** A state change that must not come in between the steps of a rotation. */
async function underLease(run: Run, connection: Connection, changes: ConnectionChanges): Promise<StepResult> {
  if (!(await claimLease(run, connection))) {
    return { outcome: { outcome: 'busy', retryAfterMs: 1_000 } };
  }
  const released = await releaseLease(run, connection, changes);
  return { outcome: { outcome: 'idle' }, connection: released.connection };
}

/** Operators watch the smallest value of the fleet. A connection that rotation cannot keep does not count. */
function measureSafety(deps: RotationDeps, connection: Connection | undefined): void {
  if (!connection?.refreshExpiresAtMs || !isKeptByRotating(connection)) return;
  const hours = (connection.refreshExpiresAtMs - deps.clock.nowMs()) / HOUR_MS;
  deps.telemetry.measure('HoursOfSafetyLeft', hours, 'None');
}

/** What one rotation of the canary connection says about all others. */
type CanaryResult = 'rotated' | 'waiting' | 'refused';

const CANARY_REFUSALS: ReadonlySet<RotateOutcome['outcome']> = new Set([
  'suspect',
  'degraded',
  'user-action-required',
  'reauthorization-required',
  'not-renewable',
  'not-found',
]);

/** No user revokes the canary connection, so any trouble that does not pass shows that grants are being lost. */
function canaryResult({ outcome }: RotateOutcome, connection: Connection | undefined): CanaryResult {
  if (outcome === 'rotated') return 'rotated';
  const isImpaired = connection !== undefined && (connection.state !== 'active' || !connection.renewable);
  return isImpaired || CANARY_REFUSALS.has(outcome) ? 'refused' : 'waiting';
}
