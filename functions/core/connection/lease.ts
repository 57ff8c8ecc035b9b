import type { Connection } from './connection.ts';

/** A lease counts as live this much longer: clocks differ. */
export const LEASE_MARGIN_MS = 3_000;

/** When nobody can hold the connection's lease any more; 0 without one. */
export function leaseEndsAtMs({ lease }: Pick<Connection, 'lease'>): number {
  return lease === undefined ? 0 : lease.untilMs + LEASE_MARGIN_MS;
}

/** A lease that ran out without being released: its holder died, or parked what it received. */
export function hasUncleanLease(connection: Pick<Connection, 'lease'>, nowMs: number): boolean {
  return connection.lease !== undefined && leaseEndsAtMs(connection) <= nowMs;
}
