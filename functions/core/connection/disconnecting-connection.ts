import { displacedTokens } from '../rotation/successor.ts';
import type { Connection } from './connection.ts';
import type { PendingRevocation } from './pending-revocation.ts';

/**
 * The item a disconnect writes: nothing in it can be rotated or vended, and everything Adobe must be told to revoke is
 * in `revocations`. Refresh tokens come first: revoking one may take its access tokens along (RFC 7009 §2.1).
 */
export function disconnectingConnection(
  connection: Connection,
  generation: string,
  nowMs: number,
): Connection {
  const { connectionId, clientId, subject, subjectKey, grantedScopes, sliding } = connection;
  const { connectedAtMs, rotatedAtMs, refreshExpiresAtMs, outbox, consentUnderWay } = connection;
  return {
    connectionId,
    generation,
    version: 0,
    state: 'disconnecting',
    clientId,
    ...(subject !== undefined && { subject }),
    ...(subjectKey !== undefined && { subjectKey }),
    grantedScopes,
    renewable: false,
    sliding,
    commitIds: [],
    connectedAtMs,
    ...(rotatedAtMs !== undefined && { rotatedAtMs }),
    // Until then the revocation is worth retrying.
    ...(refreshExpiresAtMs !== undefined && { refreshExpiresAtMs }),
    // The user may be at the browser again: it is another consent than the one that ends here.
    ...(consentUnderWay && { consentUnderWay }),
    dueAtMs: nowMs,
    failures: 0,
    outbox,
    revocations: [...refreshRevocations(connection, nowMs), ...connection.revocations],
  };
}

function refreshRevocations(connection: Connection, nowMs: number): PendingRevocation[] {
  const { refresh, previous, alternate, subjectKey } = connection;
  return [refresh, previous, alternate, ...displacedTokens(connection, nowMs)]
    .filter((token) => token !== undefined)
    .map((token) => ({ kind: 'refresh', token, ...(subjectKey !== undefined && { subjectKey }) }));
}
