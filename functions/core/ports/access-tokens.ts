import type {
  AccessTokenRecord,
  CachedAccessToken,
  SealedAccessToken,
} from '../access-tokens/access-token-record.ts';

/**
 * The table AccessTokens: the newest sealed access token of each connection and scope set, or a tombstone. DynamoDB deletes an
 * item some time after `ttlEpochSeconds`. Throws `PlatformError` (`STORE_UNAVAILABLE`, `ACCESS_DENIED`, `ITEM_MALFORMED`).
 */
export interface AccessTokenStore {
  /** Strongly consistent. `undefined` when nothing is stored. */
  read(connectionId: string, scopeSet: string): Promise<AccessTokenRecord | undefined>;

  /** Strongly consistent: every scope set under which something is stored, also one that was removed from the settings. */
  list(connectionId: string): Promise<readonly CachedAccessToken[]>;

  /**
   * Stores the token if what is stored is absent, of an older generation, or of the same generation and no greater version.
   * A tombstone of the same generation gives way to a token of that generation.
   */
  publish(token: SealedAccessToken, ttlEpochSeconds: number): Promise<'published' | 'superseded'>;

  /** Writes a tombstone of `generation` over everything older, and returns the token that it replaced, if any. */
  invalidateOlder(
    connectionId: string,
    scopeSet: string,
    generation: string,
    ttlEpochSeconds: number,
  ): Promise<InvalidateResult>;

  /**
   * Writes a tombstone of the token's own generation over exactly this issue of it: the next token of that generation is
   * published past it. `superseded`: something else is stored by now. The same call after a lost response is `invalidated` again.
   */
  invalidate(token: SealedAccessToken, ttlEpochSeconds: number): Promise<'invalidated' | 'superseded'>;
}

export type InvalidateResult =
  | { readonly kind: 'invalidated'; readonly replaced?: SealedAccessToken }
  | { readonly kind: 'superseded' };
