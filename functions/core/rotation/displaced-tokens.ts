import type { Connection, DisplacedToken } from '../connection/connection.ts';
import type { ConnectionChanges } from '../connection/connection-changes.ts';
import { ASSUMED_REFRESH_LIFE_MS } from '../connection/lifetime.ts';
import type { SealedRefreshToken } from '../connection/sealed-token.ts';

/** As many as daily rotations leave within one life. The item grows by about 1.3 KB for each. */
const MAX_DISPLACED = 12;

/** Whether revoking one token is known to leave the user's other grants alone. */
export type RevocationScope = 'unknown' | 'token' | 'user';

/**
 * What a commit changes about tokens that nothing names any more. Where Adobe lets a used token live (`reuse`) and a revocation
 * ends one token alone, they would outlive a disconnect: it revokes them. Not before: while the connection lives, a wrong
 * setting must not cost its grant. Those past their end are dropped, and the oldest of too many.
 */
export function displacedChanges(
  connection: Connection,
  posted: SealedRefreshToken,
  revocationScope: RevocationScope,
  nowMs: number,
): ConnectionChanges {
  if (revocationScope !== 'token') {
    return connection.displaced ? { displaced: null, previousEndsAtMs: null } : {};
  }
  const ends = endsOf(connection);
  const displaced = (['refresh', 'alternate', 'previous'] as const).flatMap((name) => {
    const token = connection[name];
    return token === undefined || token === posted ? [] : [{ ...token, endsAtMs: ends[name] }];
  });
  const alive = aliveOf([...displaced, ...(connection.displaced ?? [])], nowMs).slice(0, MAX_DISPLACED);
  return {
    displaced: alive.length > 0 ? alive : null,
    previousEndsAtMs: posted === connection.previous ? ends.previous : ends.refresh,
  };
}

/** Those that Adobe may still honour, as they have to be revoked. */
export function displacedTokens(
  { displaced = [] }: Pick<Connection, 'displaced'>,
  nowMs: number,
): readonly SealedRefreshToken[] {
  return aliveOf(displaced, nowMs).map(({ endsAtMs: _, ...token }) => token);
}

function aliveOf(tokens: readonly DisplacedToken[], nowMs: number): readonly DisplacedToken[] {
  return tokens.filter(({ endsAtMs }) => endsAtMs > nowMs);
}

/** An alternate, and a previous token of unknown end, were there when the present one came: they are at least as old. */
function endsOf({ rotatedAtMs, connectedAtMs, refreshExpiresAtMs, previousEndsAtMs }: Connection) {
  const latestMs = (rotatedAtMs ?? connectedAtMs) + ASSUMED_REFRESH_LIFE_MS;
  return {
    refresh: refreshExpiresAtMs ?? latestMs,
    alternate: latestMs,
    previous: previousEndsAtMs ?? latestMs,
  };
}
