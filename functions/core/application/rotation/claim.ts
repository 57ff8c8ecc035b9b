import type { Connection } from '../../domain/connection.ts';
import type { ConnectionChanges } from '../../domain/connection-changes.ts';
import { type ConnectionState, STATE_RULES } from '../../domain/connection-states.ts';
import { LEASE_MARGIN_MS, LEASE_MS } from './ladder.ts';
import type { Run } from './run.ts';

const ROTATABLE = (Object.keys(STATE_RULES) as ConnectionState[]).filter(
  (state) => STATE_RULES[state].mayRotate,
);

/** The write-ahead intent to redeem: whoever holds the lease is the only one who may post this refresh token. */
export async function claimLease(
  run: Run,
  connection: Connection,
  states: readonly ConnectionState[] = ROTATABLE,
  changes: ConnectionChanges = {},
): Promise<boolean> {
  const nowMs = run.deps.clock.nowMs();
  const claimed = await run.deps.connections.claim({
    token: connection,
    lease: { attemptId: run.attemptId, untilMs: nowMs + LEASE_MS },
    states,
    nowMs,
    leaseMarginMs: LEASE_MARGIN_MS,
    changes,
  });
  return claimed === 'claimed';
}

/** A lease that ran out without being released: its holder died, or parked what it received. */
export function hasUncleanLease(connection: Connection, nowMs: number): boolean {
  return connection.lease !== undefined && connection.lease.untilMs + LEASE_MARGIN_MS <= nowMs;
}
