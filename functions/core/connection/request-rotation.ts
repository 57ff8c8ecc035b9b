import type { Rotator } from '../ports/rotation.ts';
import type { DueOutcome, RevokeAccessOutcome } from '../rotation/rotate-request.ts';
import type { DescribeResult } from './read-connections.ts';

/** The API answers within 30 s (not raisable). `rotate` may take longer, and runs on. */
const WAIT_MS = 25_000;
const RETRY_AFTER_MS = 5_000;

export interface ForceDeps {
  readonly describeConnection: (connectionId: string) => Promise<DescribeResult>;
  readonly rotator: Rotator;
}

export type ForceResult =
  | {
      readonly outcome: 'answered';
      readonly rotation: DueOutcome | { readonly outcome: 'still-running' };
    }
  | { readonly outcome: 'not-found' }
  | { readonly outcome: 'not-renewable' };

export type ForceRotation = (connectionId: string) => Promise<ForceResult>;

/**
 * Rotates now, whether or not a rotation is due. The connection's own back-off does not delay it. A lease, a breaker or a
 * wrong clock does, and the outcome says so.
 */
export function createForceRotation({ describeConnection, rotator }: ForceDeps): ForceRotation {
  return async (connectionId) => {
    const described = await describeConnection(connectionId);
    if (described.outcome !== 'found') return described;
    if (described.status.state !== 'disconnecting' && !described.status.renewable) {
      return { outcome: 'not-renewable' };
    }
    const rotation = await rotator.rotate({ connectionId, trigger: 'operator' }, WAIT_MS);
    if (rotation === 'still-running') return { outcome: 'answered', rotation: { outcome: rotation } };
    if (rotation.outcome === 'not-found' || rotation.outcome === 'not-renewable') {
      return { outcome: rotation.outcome };
    }
    return { outcome: 'answered', rotation };
  };
}

export type RevokeResult =
  | {
      readonly outcome: 'revoked';
      readonly invalidated: number;
      readonly revokedAtAdobe: boolean;
      readonly pending: boolean;
    }
  | { readonly outcome: 'not-found' }
  /** A rotation holds the lease, or `rotate` is still at it. */
  | { readonly outcome: 'busy'; readonly retryAfterMs: number };

export type RevokeAccessTokens = (connectionId: string) => Promise<RevokeResult>;

/** Has `rotate` revoke the cached access tokens of a connection: it alone holds the client secret, which Adobe requires. */
export function createRevokeAccessTokens({ rotator }: { readonly rotator: Rotator }): RevokeAccessTokens {
  return async (connectionId) => {
    const rotation = await rotator.rotate({ connectionId, trigger: 'revoke-access' }, WAIT_MS);
    return revokeResultOf(rotation);
  };
}

function revokeResultOf(rotation: RevokeAccessOutcome | 'still-running'): RevokeResult {
  if (rotation === 'still-running') return { outcome: 'busy', retryAfterMs: RETRY_AFTER_MS };
  switch (rotation.outcome) {
    case 'access-tokens-revoked': {
      const { invalidated, revokedAtAdobe, pending } = rotation;
      return { outcome: 'revoked', invalidated, revokedAtAdobe, pending };
    }
    case 'not-found':
      return { outcome: 'not-found' };
    case 'busy':
      return { outcome: 'busy', retryAfterMs: rotation.retryAfterMs };
  }
}
