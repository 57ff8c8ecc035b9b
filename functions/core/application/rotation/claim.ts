import type { Connection } from '../../domain/connection.ts';
import type { ConnectionChanges } from '../../domain/connection-changes.ts';
import { type ConnectionState, STATE_RULES } from '../../domain/connection-states.ts';
import { LEASE_MARGIN_MS, leaseEndsAtMs } from '../../domain/lease.ts';
import { LEASE_MS } from './ladder.ts';
import type { Run } from './run.ts';

const ROTATABLE = (Object.keys(STATE_RULES) as ConnectionState[]).filter(
  (state) => STATE_RULES[state].mayRotate,
);

/**
 * The write-ahead intent to redeem: whoever holds the lease is the only one who may post this refresh token.
 * The wake moves to the lease's end, so that the guard notices a holder who died; releasing restores it.
 */
export async function claimLease(
  run: Run,
  connection: Connection,
  states: readonly ConnectionState[] = ROTATABLE,
  changes: ConnectionChanges = {},
): Promise<boolean> {
  const nowMs = run.deps.clock.nowMs();
  const lease = { attemptId: run.attemptId, untilMs: nowMs + LEASE_MS };
  const leaseEndMs = leaseEndsAtMs({ lease });
  const claimed = await run.deps.connections.claim({
    token: connection,
    lease,
    states,
    nowMs,
    leaseMarginMs: LEASE_MARGIN_MS,
    changes: { ...changes, wakeAtMs: Math.min(connection.wakeAtMs ?? leaseEndMs, leaseEndMs) },
  });
  return claimed === 'claimed';
}
