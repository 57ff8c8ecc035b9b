import type {
  AccessTokenRecord,
  CachedAccessToken,
  SealedAccessToken,
} from '../access-tokens/access-token-record.ts';

/** The cache of sealed access tokens. Throws `PlatformError` (`STORE_UNAVAILABLE`) when the store cannot answer. */
export interface AccessTokenStore {
  /** Strongly consistent. */
  read(connectionId: string, scopeSet: string): Promise<AccessTokenRecord | undefined>;

  /** Strongly consistent: every scope set under which something is stored, also one that the settings no longer name. */
  list(connectionId: string): Promise<readonly CachedAccessToken[]>;

  /**
   * Stores the token unless something newer is there:
   * absent, or older generation, or the same generation and a version not greater than this one.
   * A tombstone of the same generation gives way to a token of that generation.
   */
  publish(token: SealedAccessToken, ttlEpochSeconds: number): Promise<'published' | 'superseded'>;

  /** Writes a tombstone of `generation` over everything older, and returns the token it replaced, if there was one. */
  invalidateOlder(
    connectionId: string,
    scopeSet: string,
    generation: string,
    ttlEpochSeconds: number,
  ): Promise<InvalidateResult>;

  /**
   * Writes a tombstone of the token's own generation over exactly this issue of it: the next token of that generation is
   * published past it. `superseded`: something else is stored by now. Repeated after a lost reply it is `invalidated` again.
   */
  invalidate(token: SealedAccessToken, ttlEpochSeconds: number): Promise<'invalidated' | 'superseded'>;
}

export type InvalidateResult =
  | { readonly result: 'invalidated'; readonly replaced?: SealedAccessToken }
  | { readonly result: 'superseded' };
