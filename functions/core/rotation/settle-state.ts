import type { Connection } from '../connection/connection.ts';
import type { ConnectionChanges } from '../connection/connection-changes.ts';
import { isoTime } from '../moment.ts';
import { claimLease } from './claim.ts';
import { expiredDecision } from './decision.ts';
import { type Run, randomId, type StepResult, updateWithSchedule } from './run.ts';

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
