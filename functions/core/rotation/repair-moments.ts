import {
  type Connection,
  type ConnectionChanges,
  LEASE_MARGIN_MS,
  withChanges,
} from '../connection/connection.ts';
import { canRotate, LONGEST_WAIT_MS } from '../connection/due.ts';
import { ASSUMED_REFRESH_LIFE_MS, believedLifeMs } from '../connection/lifetime.ts';
import { HOUR_MS, MINUTE_MS } from '../time-units.ts';
import { type Run, updateAsRead } from './run.ts';
import { LEASE_MS } from './time-budget.ts';

const LONGEST_REJECTION_PAUSE_MS = HOUR_MS;
/** Clocks differ. */
const TOLERANCE_MS = MINUTE_MS;

/**
 * What to change where an item holds times that the vault never writes; `undefined` where it holds none. Such a time
 * would hold up a rotation forever. It is a misreading, so the next try is due at once, not at the latest time that the
 * vault could have written.
 *
 * @param nowMs by the store's clock
 */
export function repairsOf(connection: Connection, nowMs: number): ConnectionChanges | undefined {
  const isBeyond = (atMs: number | undefined, aheadMs: number) =>
    atMs !== undefined && atMs > nowMs + aheadMs + TOLERANCE_MS;
  const { lease, evidence } = connection;
  const changes: ConnectionChanges = {
    ...endRepair(connection, isBeyond(connection.refreshExpiresAtMs, believedLifeMs(connection)), nowMs),
    ...(isBeyond(connection.nextAttemptAtMs, LONGEST_WAIT_MS) && { nextAttemptAtMs: null }),
    // Its holder may be alive: for as long as a lease lasts.
    ...(lease &&
      isBeyond(lease.untilMs, LEASE_MS + LEASE_MARGIN_MS) && {
        lease: { ...lease, untilMs: nowMs + LEASE_MS },
      }),
    ...(isBeyond(connection.forcedRefreshes?.nextAllowedAtMs, LONGEST_REJECTION_PAUSE_MS) && {
      forcedRefreshes: null,
    }),
    ...((isBeyond(evidence?.firstAtMs, 0) || isBeyond(evidence?.lastAtMs, 0)) && { evidence: null }),
  };
  return Object.keys(changes).length === 0 ? undefined : changes;
}

/** Where the stored end cannot be true, the connection is rotated now, and the answer brings a new end. */
function endRepair(connection: Connection, isEndBeyond: boolean, nowMs: number): ConnectionChanges {
  const { refreshExpiresAtMs, rotateAtMs, rotatedAtMs, connectedAtMs } = connection;
  const assumedMs = Math.min(rotatedAtMs ?? connectedAtMs, nowMs) + ASSUMED_REFRESH_LIFE_MS;
  const endMs = isEndBeyond ? Math.max(assumedMs, nowMs + HOUR_MS) : (refreshExpiresAtMs ?? assumedMs);
  const latestMs = Math.max(endMs, nowMs + LONGEST_WAIT_MS) + TOLERANCE_MS;
  const isDueBeyond = isEndBeyond || (rotateAtMs !== undefined && rotateAtMs > latestMs);
  return {
    ...(isEndBeyond && { refreshExpiresAtMs: endMs }),
    ...(isDueBeyond && canRotate(connection) && { rotateAtMs: nowMs }),
  };
}

/** The connection as a run may act on it. Repairs are stored, so that every other reader gets them too. */
export async function withRepairedMoments(run: Run, read: Connection): Promise<Connection> {
  const { clock, connections, telemetry } = run.deps;
  const changes = repairsOf(read, Math.round(clock.nowMs() - (connections.clockSkewMs() ?? 0)));
  if (changes === undefined) return read;
  telemetry.error('An item held times that the vault never writes. They were repaired.', undefined, {
    connectionId: read.connectionId,
    attributes: Object.keys(changes),
  });
  telemetry.measure('MomentsRepaired', 1, 'Count');
  const updated = await updateAsRead(run.deps, read, changes);
  return updated.kind === 'written' ? updated.connection : withChanges(read, changes);
}
