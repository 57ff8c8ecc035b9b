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
  /** Scopes readable from the token or its answer; what was asked for where they are not. */
  readonly scopes: readonly string[];
  /** First 16 hex digits of the SHA-256 of the token: how a caller says "Adobe refused this one". */
  readonly digest: string;
  /** When the refresh token behind it is due; a vend after this moment starts a rotation. Absent where it cannot be renewed. */
  readonly rotateAtMs?: number;
}

/** What lists of the cache show. An item that is not as we write it still has its place. */
export type CachedAccessToken = AccessTokenRecord | UnreadableAccessToken;

export interface UnreadableAccessToken {
  readonly kind: 'unreadable';
  readonly scopeSet: string;
}

/** Written by a disconnect, an erase and a new consent so that nothing older can be published again. Readers treat it as not found. */
export interface AccessTokenTombstone {
  readonly kind: 'tombstone';
  readonly connectionId: string;
  readonly scopeSet: string;
  readonly generation: string;
}
