import { EVERYTHING_GRANTED } from '../connection/sealed-token.ts';
import type { AccessTokenRecord, SealedAccessToken } from './access-token-record.ts';

/** What a caller requires of an access token. */
export interface TokenRequirement {
  /** The least remaining life. Absent = the default, which gives way to short-lived tokens. */
  readonly minTtlSeconds?: number;
  /** A stored token that cannot be used: Adobe rejected it, or no key opens it. */
  readonly not?: SealedAccessToken;
}

export type StoredTokenClass =
  | { readonly kind: 'serve'; readonly token: SealedAccessToken }
  | { readonly kind: 'renew'; readonly minTtlSeconds: number }
  | { readonly kind: 'min-ttl-too-long'; readonly maximumSeconds: number };

const DEFAULT_MIN_TTL_SECONDS = 300;

/** Below this share of its life a token is still served, and one rotation starts. */
const LOW_LIFE_SHARE = 0.1;

/** Is the stored token good enough for this caller? A tombstone counts as nothing stored. */
export function classifyStoredToken(
  record: AccessTokenRecord | undefined,
  requirement: TokenRequirement,
  nowMs: number,
): StoredTokenClass {
  if (record?.kind !== 'token') {
    return { kind: 'renew', minTtlSeconds: requirement.minTtlSeconds ?? DEFAULT_MIN_TTL_SECONDS };
  }
  // Requiring more than half of a life would make every second caller wait for a rotation.
  const maximumSeconds = Math.floor(lifeMs(record) / 2000);
  const minTtlSeconds = requirement.minTtlSeconds ?? Math.min(DEFAULT_MIN_TTL_SECONDS, maximumSeconds);
  if (minTtlSeconds > maximumSeconds) return { kind: 'min-ttl-too-long', maximumSeconds };
  const leftMs = record.expiresAtMs - nowMs;
  if (leftMs < Math.max(1, minTtlSeconds) * 1000) return { kind: 'renew', minTtlSeconds };
  if (requirement.not !== undefined && isSameIssue(record, requirement.not))
    return { kind: 'renew', minTtlSeconds };
  return { kind: 'serve', token: record };
}

/**
 * Compared by the issue, not by the version alone: a refresh that brings no new refresh token publishes under the same
 * version, and Adobe may hand out one token value twice.
 */
function isSameIssue(one: SealedAccessToken, other: SealedAccessToken): boolean {
  return (
    one.generation === other.generation &&
    one.version === other.version &&
    one.issuedAtMs === other.issuedAtMs &&
    one.digest === other.digest
  );
}

/** Why a rotation should start although the token is served. */
export type RenewalReason =
  /** The access token is near its end. `minTtlSeconds`: the life that a better one would have. */
  | { readonly kind: 'low-life'; readonly minTtlSeconds: number }
  /** The refresh token behind it should have been rotated by now: its schedule never fired. */
  | { readonly kind: 'overdue' };

export function renewalDue(token: SealedAccessToken, nowMs: number): RenewalReason | undefined {
  if (token.rotateAtMs === undefined) return undefined;
  const lowMs = lifeMs(token) * LOW_LIFE_SHARE;
  if (token.expiresAtMs - nowMs < lowMs) return { kind: 'low-life', minTtlSeconds: Math.ceil(lowMs / 1000) };
  // A narrower token keeps the moment of its own issue, which a rotation since then has moved.
  const overdue = token.scopeSet === EVERYTHING_GRANTED && nowMs >= token.rotateAtMs;
  return overdue ? { kind: 'overdue' } : undefined;
}

function lifeMs(token: SealedAccessToken): number {
  return Math.max(0, token.expiresAtMs - token.issuedAtMs);
}
