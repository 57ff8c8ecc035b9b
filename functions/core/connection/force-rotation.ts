import type { Rotator } from '../ports/rotation.ts';
import type { RotateOutcome } from '../rotation/rotate-request.ts';
import type { DescribeResult } from './read-connections.ts';

export interface ForceDeps {
  readonly describeConnection: (connectionId: string) => Promise<DescribeResult>;
  readonly rotator: Rotator;
}

export type ForceResult =
  | { readonly result: 'ended'; readonly outcome: RotateOutcome | { readonly outcome: 'still-running' } }
  | { readonly result: 'not-found' }
  | { readonly result: 'not-renewable' };

export type ForceRotation = (connectionId: string) => Promise<ForceResult>;

/** The API answers within 30 s (not raisable); a rotation may take longer, and runs on. */
const WAIT_MS = 25_000;

/**
 * Rotates now, whatever is due. The connection's own back-off does not hold it up; leases, breakers and a clock that is
 * wrong do, and the outcome says so.
 */
export function createForceRotation({ describeConnection, rotator }: ForceDeps): ForceRotation {
  return async (connectionId) => {
    const described = await describeConnection(connectionId);
    if (described.result !== 'found') return described;
    if (described.status.state !== 'disconnecting' && !described.status.renewable) {
      return { result: 'not-renewable' };
    }
    const outcome = await rotator.rotate({ connectionId, trigger: 'operator' }, WAIT_MS);
    if (outcome === 'still-running') return { result: 'ended', outcome: { outcome } };
    if (outcome.outcome === 'not-found' || outcome.outcome === 'not-renewable') {
      return { result: outcome.outcome };
    }
    return { result: 'ended', outcome };
  };
}
