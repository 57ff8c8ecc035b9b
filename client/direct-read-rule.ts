import type { StoredAccessToken } from './stored-access-token.ts';
import type { TokenRequest } from './token-source.ts';

const DEFAULT_MIN_TTL_MS = 300_000;
/** In the last part of a token's life the vault has to hear that it is still wanted: it starts a rotation then. */
const LOW_LIFE_SHARE = 0.1;

/**
 * May this token be used without asking the vault? Stricter than the vault's own rule, so that whatever is not plainly
 * good is judged by the vault: a token near its end, a rotation that is overdue, a life longer than it gives,
 * a token that Adobe refused.
 */
export function isPlainlyGood(stored: StoredAccessToken, request: TokenRequest, nowMs: number): boolean {
  const lifeMs = stored.expiresAtMs - stored.issuedAtMs;
  const leftMs = stored.expiresAtMs - nowMs;
  const { minTtlSeconds } = request;
  const wantedMs =
    minTtlSeconds === undefined ? Math.min(DEFAULT_MIN_TTL_MS, lifeMs / 2) : minTtlSeconds * 1000;
  const overdue =
    request.scopeSet === undefined && stored.rotateAtMs !== undefined && nowMs >= stored.rotateAtMs;
  const refused = request.rejectedDigest !== undefined && stored.digest === request.rejectedDigest;
  return (
    !refused &&
    leftMs > 0 &&
    wantedMs <= lifeMs / 2 &&
    leftMs >= Math.max(wantedMs, lifeMs * LOW_LIFE_SHARE) &&
    !overdue
  );
}
