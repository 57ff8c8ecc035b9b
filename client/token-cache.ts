import { type AccessToken, accessTokenDigest } from './access-token.ts';
import type { TokenRequest } from './token-request.ts';

export interface TokenCacheOptions {
  readonly maxEntries: number;
  /** How long a disconnect or a revoked permission may go unnoticed in this process. */
  readonly maxAgeMs: number;
  readonly nowMs: () => number;
  /** In [0, 1). */
  readonly random: () => number;
}

/** Access tokens of this process. When it is full, it drops the oldest one that was not used recently. */
export interface TokenCache {
  /**
   * The same cache for one tenant: it never returns what another tenant, or none, has put there. Otherwise an id of
   * another tenant would be answered without a question to IAM.
   */
  forTenant(tenant: string): TokenCache;
  /** Drops the token when it is the one that an Adobe API rejected. */
  take(request: TokenRequest): AccessToken | undefined;
  put(request: TokenRequest, token: AccessToken): void;
  /** For every tenant. */
  forget(connectionId: string): void;
}

interface Entry {
  readonly token: AccessToken;
  readonly usableUntilMs: number;
  /** Since it was put, or since the last search for one to drop passed over it. */
  wasUsed: boolean;
}

/** A cached token is not used in the last part of its life, so that a call that starts with it can finish. */
const MARGIN_MS = 300_000;
/** Up to this share earlier, so that many processes do not ask at the same time. */
const JITTER_SHARE = 0.1;

export function createTokenCache({ maxEntries, maxAgeMs, nowMs, random }: TokenCacheOptions): TokenCache {
  const entries = new Map<string, Entry>();

  /** CLOCK (second-chance) eviction: a hit only sets a mark, and a marked entry is passed over once. */
  const dropOne = (): void => {
    for (const [key, entry] of entries) {
      entries.delete(key);
      if (!entry.wasUsed) return;
      entry.wasUsed = false;
      entries.set(key, entry);
    }
  };

  const part = (prefix: string): TokenCache => ({
    // No id holds a colon, so the keys of two parts differ.
    forTenant: (tenant) => part(`${tenant}:`),

    take(request) {
      const { minTtlSeconds = 0, rejectedDigest } = request;
      const key = prefix + keyOf(request);
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      const { token, usableUntilMs } = entry;
      const now = nowMs();
      if (
        now >= usableUntilMs ||
        (rejectedDigest && accessTokenDigest(token.accessToken) === rejectedDigest)
      ) {
        entries.delete(key);
        return undefined;
      }
      entry.wasUsed = true;
      return token.expiresAtMs - now >= minTtlSeconds * 1000 ? token : undefined;
    },

    put(request, token) {
      const key = prefix + keyOf(request);
      const leftMs = token.expiresAtMs - nowMs();
      const ageMs = Math.min(maxAgeMs, leftMs - Math.min(MARGIN_MS, leftMs / 2));
      const usableUntilMs = nowMs() + ageMs * (1 - JITTER_SHARE * random());
      entries.delete(key);
      if (entries.size >= maxEntries) dropOne();
      if (maxEntries > 0) entries.set(key, { token, usableUntilMs, wasUsed: false });
    },

    forget(connectionId) {
      for (const [key, { token }] of entries) {
        if (token.connectionId === connectionId) entries.delete(key);
      }
    },
  });
  return part('');
}

/** Neither an id nor a scope contains a comma. */
const keyOf = ({ connectionId, scopeSet }: TokenRequest): string =>
  scopeSet === undefined ? connectionId : `${connectionId},${scopeSet}`;
