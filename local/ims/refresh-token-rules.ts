/**
 * What Adobe may do with refresh tokens, stated once: for the stand-in, for the fake of the unit tests, for the simulated fleet
 * and for the protocol model.
 */

export const PROVIDER_MODES = ['reuse', 'grace', 'strict', 'family'] as const;

/**
 * What becomes of a refresh token that was exchanged for a successor. `reuse`: it stays good. `grace`: it is good for a while.
 * `strict`: it is dead at once. `family`: it is dead, and posting it again ends the whole grant.
 */
export type ProviderMode = (typeof PROVIDER_MODES)[number];

/** `never`: there is no successor. */
export type RotationMode = ProviderMode | 'never';

export const AFTER_EXCHANGE: Readonly<Record<RotationMode, 'lives' | 'has grace' | 'is dead'>> = {
  never: 'lives',
  reuse: 'lives',
  grace: 'has grace',
  strict: 'is dead',
  family: 'is dead',
};

/** @see https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2 */
export function replayEndsGrant(mode: RotationMode): boolean {
  return mode === 'family';
}

export interface RotationRules {
  readonly mode: RotationMode;
  /** `grace`: how long an exchanged token stays good. */
  readonly graceSeconds: number | 'until-successor-used';
  /** `grace`: the use of a successor ends it before its time. */
  readonly graceEndsOnUse: boolean;
}

export interface LifeRules {
  /** Sliding: every exchange starts the lifetime again. Absolute: it counts from the consent. */
  readonly lifetime: 'sliding' | 'absolute';
  readonly lifetimeSeconds: number;
}

/** The parts of a refresh token's history that decide whether it is still good. */
export interface RefreshTokenHistory {
  readonly expiresAtMs: number;
  /** When it was first exchanged for a successor. */
  readonly consumedAtMs: number | null;
  /** When a successor of it was first used. */
  readonly successorUsedAtMs: number | null;
  readonly revokedAtMs: number | null;
}

export type RefreshTokenStanding = 'good' | 'spent' | 'expired' | 'revoked';

/** Spent: it was exchanged for a successor, and in this mode that ended (or has since ended) its own life. */
export function isSpent(
  { consumedAtMs, successorUsedAtMs }: RefreshTokenHistory,
  { mode, graceSeconds, graceEndsOnUse }: RotationRules,
  nowMs: number,
): boolean {
  if (consumedAtMs === null) return false;
  switch (AFTER_EXCHANGE[mode]) {
    case 'lives':
      return false;
    case 'is dead':
      return true;
    case 'has grace':
      if (successorUsedAtMs !== null && (graceEndsOnUse || graceSeconds === 'until-successor-used'))
        return true;
      return graceSeconds !== 'until-successor-used' && nowMs >= consumedAtMs + graceSeconds * 1_000;
  }
}

export function standingOf(
  token: RefreshTokenHistory,
  rotation: RotationRules,
  nowMs: number,
): RefreshTokenStanding {
  if (isSpent(token, rotation, nowMs)) return 'spent';
  if (token.revokedAtMs !== null) return 'revoked';
  return nowMs >= token.expiresAtMs ? 'expired' : 'good';
}

/** The end of a refresh token that is issued, or renewed in place, at `nowMs`. */
export function refreshEndMs(life: LifeRules, consentedAtMs: number, nowMs: number): number {
  return (life.lifetime === 'sliding' ? nowMs : consentedAtMs) + life.lifetimeSeconds * 1_000;
}

/** A token in the books of a provider that keeps one record for each. */
export interface BookedRefreshToken extends RefreshTokenHistory {
  readonly parent: BookedRefreshToken | null;
  expiresAtMs: number;
  consumedAtMs: number | null;
  successorUsedAtMs: number | null;
}

/** It is exchanged for a successor. */
export function consume(token: BookedRefreshToken, nowMs: number): void {
  noteUse(token, nowMs);
  token.consumedAtMs ??= nowMs;
}

/** It is used and stays: under a sliding lifetime it lives on from now. */
export function renewInPlace(
  token: BookedRefreshToken,
  life: LifeRules,
  consentedAtMs: number,
  nowMs: number,
): void {
  noteUse(token, nowMs);
  token.expiresAtMs = refreshEndMs(life, consentedAtMs, nowMs);
}

function noteUse({ parent }: BookedRefreshToken, nowMs: number): void {
  if (parent !== null) parent.successorUsedAtMs ??= nowMs;
}
