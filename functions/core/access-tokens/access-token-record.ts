import { hash } from 'node:crypto';
import type { Secret } from '../secret.ts';

/** One item of the AccessTokens table: a cache. Losing it costs one refresh. */
export type AccessTokenRecord = SealedAccessToken | AccessTokenTombstone;

export interface SealedAccessToken {
  readonly kind: 'token';
  readonly connectionId: string;
  readonly scopeSet: string;
  readonly clientId: string;
  readonly generation: string;
  readonly version: number;
  readonly sealed: Uint8Array;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  /** Scopes readable from the token or its response; otherwise the requested ones. */
  readonly scopes: readonly string[];
  /** First 16 hex digits of the SHA-256 of the token. A caller names a token that Adobe refused by it. */
  readonly digest: string;
  /** When the refresh token behind it is due. A vend after this moment starts a rotation. Absent where it cannot be renewed. */
  readonly rotateAtMs?: number;
}

/** An entry of a list of the cache. An item in an unknown format keeps its place. */
export type CachedAccessToken = AccessTokenRecord | UnreadableAccessToken;

export interface UnreadableAccessToken {
  readonly kind: 'unreadable';
  readonly scopeSet: string;
}

/** Written by a disconnect, an erasure and a new consent, so that nothing older can be published. Readers treat it as not found. */
export interface AccessTokenTombstone {
  readonly kind: 'tombstone';
  readonly connectionId: string;
  readonly scopeSet: string;
  readonly generation: string;
}

/** A sealed token of Adobe is well below 8 KB. The vault writes none that is larger, and a connection's item holds 400 KB. */
const MAX_SEALED_BYTES = 8 * 1024;
/** More scope sets than a vault may list, those of earlier settings included. */
const MAX_REVOCABLE = 16;

/**
 * The cached tokens of a connection that are worth revoking, newest first. Bounded, because they move into the connection:
 * what another writer put into the cache must not make that item too large to be written.
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

const DIGEST_LENGTH = 16;

/** The first 16 hex digits of a token's SHA-256: it names a token without revealing it. */
export function tokenDigest(token: Secret): string {
  return hash('sha256', token.reveal(), 'hex').slice(0, DIGEST_LENGTH);
}
