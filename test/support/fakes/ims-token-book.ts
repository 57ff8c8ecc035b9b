import type { Clock } from '../../../functions/core/ports/platform.ts';

/** What IMS may do to a refresh token that was used: keep it, keep it for a while, drop it, or answer its reuse by dropping all. */
export type ProviderMode = 'reuse' | 'grace' | 'strict' | 'family';

export interface Grant {
  readonly subject: string;
  readonly scopes: readonly string[];
  readonly endsAtMs: number;
}

export interface IssuedToken {
  readonly value: string;
  readonly kind: 'refresh' | 'access';
  readonly grant: Grant;
  readonly expiresAtMs: number;
  /** The refresh token that was spent for it. */
  readonly parent?: IssuedToken;
}

export interface IssueRequest {
  readonly kind: IssuedToken['kind'];
  readonly grant: Grant;
  readonly lifeMs: number;
  readonly parent?: IssuedToken;
}

export interface TokenBook {
  issue(request: IssueRequest): IssuedToken;
  find(value: string): IssuedToken | undefined;
  all(): readonly IssuedToken[];
  isLive(token: IssuedToken): boolean;
  spend(token: IssuedToken): void;
  wasSpent(token: IssuedToken): boolean;
  revokeAll(isHit: (token: IssuedToken) => boolean): void;
}

export interface TokenBookOptions {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly mode: ProviderMode;
  /** `grace`: how long a used token stays good, unless its successor is used before. */
  readonly graceMs?: number;
}

/** Every token the provider ever issued, and which of them it still honours. */
export function createTokenBook({ clock, mode, graceMs = 60_000 }: TokenBookOptions): TokenBook {
  const tokens = new Map<string, IssuedToken>();
  const spentAtMs = new Map<IssuedToken, number>();
  const revoked = new Set<IssuedToken>();

  const successorUsed = (token: IssuedToken) => [...spentAtMs.keys()].some(({ parent }) => parent === token);

  return {
    issue({ kind, grant, lifeMs, parent }) {
      const value = `${kind}-token-${String(tokens.size + 1).padStart(4, '0')}-of-${grant.subject}`;
      const expiresAtMs = clock.nowMs() + lifeMs;
      const token = { value, kind, grant, expiresAtMs, ...(parent === undefined ? {} : { parent }) };
      tokens.set(value, token);
      return token;
    },
    find: (value) => tokens.get(value),
    all: () => [...tokens.values()],
    isLive(token) {
      if (revoked.has(token) || token.expiresAtMs <= clock.nowMs()) return false;
      const usedAtMs = spentAtMs.get(token);
      if (usedAtMs === undefined || mode === 'reuse') return true;
      return mode === 'grace' && clock.nowMs() < usedAtMs + graceMs && !successorUsed(token);
    },
    spend(token) {
      if (!spentAtMs.has(token)) spentAtMs.set(token, clock.nowMs());
    },
    wasSpent: (token) => spentAtMs.has(token),
    revokeAll(isHit) {
      for (const token of tokens.values()) if (isHit(token)) revoked.add(token);
    },
  };
}
