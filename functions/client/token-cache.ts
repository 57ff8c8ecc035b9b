import { type AccessToken, tokenDigest } from './access-token.ts';

export interface TokenCacheOptions {
  readonly maxEntries: number;
  /** How long a disconnect or a revoked permission may go unnoticed in this process. */
  readonly maxAgeMs: number;
  readonly nowMs: () => number;
  /** In [0, 1). */
  readonly random: () => number;
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

/** Access tokens of this process, least recently used out first. */
export function createTokenCache({ maxEntries, maxAgeMs, nowMs, random }: TokenCacheOptions) {
  const entries = new Map<string, Entry>();

  return {
    /** @param rejectedDigest a token that Adobe refused: dropped when it is the one held */
    take(key: string, minTtlSeconds: number, rejectedDigest?: string): AccessToken | undefined {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      if (nowMs() >= entry.usableUntilMs || entry.digest === rejectedDigest) {
        entries.delete(key);
        return undefined;
      }
      entries.delete(key);
      entries.set(key, entry);
      return entry.token.expiresAtMs - nowMs() >= minTtlSeconds * 1000 ? entry.token : undefined;
    },

    put(key: string, token: AccessToken): void {
      const leftMs = token.expiresAtMs - nowMs();
      const ageMs = Math.min(maxAgeMs, leftMs - Math.min(MARGIN_MS, leftMs / 2));
      const usableUntilMs = nowMs() + ageMs * (1 - JITTER_SHARE * random());
      entries.delete(key);
      entries.set(key, { token, digest: tokenDigest(token.accessToken), usableUntilMs });
      const [oldest] = entries.keys();
      if (entries.size > maxEntries && oldest !== undefined) entries.delete(oldest);
    },

    drop: (key: string): void => void entries.delete(key),
  };
}
