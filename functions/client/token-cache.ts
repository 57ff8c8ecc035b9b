import { type AccessToken, tokenDigest } from './access-token.ts';
import type { TokenRequest } from './token-source.ts';

export interface TokenCacheOptions {
  readonly maxEntries: number;
  /** How long a disconnect or a revoked permission may go unnoticed in this process. */
  readonly maxAgeMs: number;
  readonly nowMs: () => number;
  /** In [0, 1). */
  readonly random: () => number;
}

/** Access tokens of this process, least recently used out first. */
export interface TokenCache {
  /** A token that Adobe refused is dropped when it is the one held. */
  take(request: TokenRequest): AccessToken | undefined;
  /** Where the answer to a request goes; nowhere, if its connection was forgotten since. */
  slot(request: TokenRequest): (token: AccessToken) => void;
  forget(connectionId: string): void;
}

interface Entry {
  readonly token: AccessToken;
  readonly digest: string;
  readonly usableUntilMs: number;
}

/** A cached token is not used in the last part of its life, so that a call that starts with it can also finish. */
const MARGIN_MS = 300_000;
/** Up to this share earlier, so that many processes do not ask in step. */
const JITTER_SHARE = 0.1;

export function createTokenCache({ maxEntries, maxAgeMs, nowMs, random }: TokenCacheOptions): TokenCache {
  const entries = new Map<string, Entry>();
  /** How often anything was forgotten: an answer that was on its way then may be of yesterday's connection. */
  let forgotten = 0;

  const put = (key: string, token: AccessToken): void => {
    const leftMs = token.expiresAtMs - nowMs();
    const ageMs = Math.min(maxAgeMs, leftMs - Math.min(MARGIN_MS, leftMs / 2));
    const usableUntilMs = nowMs() + ageMs * (1 - JITTER_SHARE * random());
    entries.delete(key);
    entries.set(key, { token, digest: tokenDigest(token.accessToken), usableUntilMs });
    const [oldest] = entries.keys();
    if (entries.size > maxEntries && oldest !== undefined) entries.delete(oldest);
  };

  return {
    take(request) {
      const { minTtlSeconds = 0, rejectedDigest } = request;
      const key = keyOf(request);
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      entries.delete(key);
      if (nowMs() >= entry.usableUntilMs || entry.digest === rejectedDigest) return undefined;
      entries.set(key, entry);
      return entry.token.expiresAtMs - nowMs() >= minTtlSeconds * 1000 ? entry.token : undefined;
    },

    slot(request) {
      const before = forgotten;
      return (token) => {
        if (forgotten === before) put(keyOf(request), token);
      };
    },

    forget(connectionId) {
      forgotten += 1;
      for (const [key, { token }] of entries) {
        if (token.connectionId === connectionId) entries.delete(key);
      }
    },
  };
}

const keyOf = ({ connectionId, scopeSet }: TokenRequest): string => JSON.stringify([connectionId, scopeSet]);
