import type { Connection } from '../connection/connection.ts';
import type { ConnectionChanges } from '../connection/connection-changes.ts';
import { type ConnectionState, STATE_RULES } from '../connection/connection-states.ts';
import { LEASE_MARGIN_MS, leaseEndsAtMs } from '../connection/lease.ts';
import type { Run } from './run.ts';
import { LEASE_MS } from './time-budget.ts';

const ROTATABLE = (Object.keys(STATE_RULES) as ConnectionState[]).filter(
  (state) => STATE_RULES[state].mayRotate,
);

/**
 * The write-ahead intent to redeem: whoever holds the lease is the only one who may post this refresh token.
 * The due time moves to the lease's end, so that the reconciler notices a holder who died; releasing restores it.
 */
export async function claimLease(
  run: Run,
  connection: Connection,
  states: readonly ConnectionState[] = ROTATABLE,
  changes: ConnectionChanges = {},
): Promise<boolean> {
  const nowMs = run.deps.clock.nowMs();
  const lease = { runId: run.runId, untilMs: nowMs + LEASE_MS };
  const leaseEndMs = leaseEndsAtMs({ lease });
  const claimed = await run.deps.connections.claim({
    token: connection,
    lease,
    states,
    nowMs,
    leaseMarginMs: LEASE_MARGIN_MS,
    changes: { ...changes, dueAtMs: Math.min(connection.dueAtMs ?? leaseEndMs, leaseEndMs) },
  });
  return claimed === 'claimed';
}
