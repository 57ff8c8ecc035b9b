import type { CachedAccessToken, SealedAccessToken } from './access-token-record.ts';

/** A sealed token of Adobe's is well below 8 KB. Larger is none of ours, and a connection's item holds 400 KB. */
const MAX_SEALED_BYTES = 8 * 1024;
/** More scope sets than a vault may list, those of earlier settings included. */
const MAX_REVOCABLE = 16;

/**
 * Those of a connection's cached tokens that are worth revoking, newest first. Bounded, because they move into the
 * connection: what another writer of the cache put there must not make that item too large to be written.
 */
export function revocableTokens(
  cached: readonly CachedAccessToken[],
  nowMs: number,
): readonly SealedAccessToken[] {
  return cached
    .filter((token) => token.kind === 'token')
    .filter(({ expiresAtMs, sealed }) => expiresAtMs > nowMs && sealed.byteLength <= MAX_SEALED_BYTES)
    .sort((one, other) => other.issuedAtMs - one.issuedAtMs)
    .slice(0, MAX_REVOCABLE);
}

/** Every scope set that is vended now, or was once and is still in the cache. */
export function knownScopeSets(
  configured: readonly string[],
  cached: readonly CachedAccessToken[],
): readonly string[] {
  const left = cached.filter(({ kind }) => kind !== 'tombstone').map(({ scopeSet }) => scopeSet);
  return [...new Set([...configured, ...left])];
}
