import type { RefreshProfile, RotationProfile } from './profile.ts';

/** The parts of a refresh token's history that decide whether it is still good. */
export interface RefreshTokenHistory {
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  /** When it was first exchanged for a successor. */
  readonly consumedAtMs: number | null;
  /** When a successor of it was first used. */
  readonly successorUsedAtMs: number | null;
  readonly revokedAtMs: number | null;
}

export type RefreshTokenStanding = 'good' | 'spent' | 'expired' | 'revoked';

/** Spent: it was exchanged for a successor, and in this mode that ended (or has since ended) its own life. */
export const isSpent = (token: RefreshTokenHistory, rotation: RotationProfile, nowMs: number): boolean => {
  if (token.consumedAtMs === null) return false;
  switch (rotation.mode) {
    case 'never':
    case 'reuse':
      return false;
    case 'strict':
    case 'family':
      return true;
    case 'grace':
      return rotation.graceSeconds === 'until-successor-used'
        ? token.successorUsedAtMs !== null
        : nowMs >= token.consumedAtMs + rotation.graceSeconds * 1_000;
  }
};

export const standingOf = (
  token: RefreshTokenHistory,
  rotation: RotationProfile,
  nowMs: number,
): RefreshTokenStanding => {
  if (isSpent(token, rotation, nowMs)) return 'spent';
  if (token.revokedAtMs !== null) return 'revoked';
  return nowMs >= token.expiresAtMs ? 'expired' : 'good';
};

export const rotatesNow = (
  token: RefreshTokenHistory,
  rotation: RotationProfile,
  refresh: RefreshProfile,
  nowMs: number,
): boolean =>
  rotation.mode !== 'never' &&
  refresh.response === 'new' &&
  nowMs - token.issuedAtMs >= rotation.afterDays * 86_400_000;

/** The end of a refresh token that is issued, or renewed in place, at `nowMs`. */
export const refreshEndMs = (refresh: RefreshProfile, consentedAtMs: number, nowMs: number): number =>
  (refresh.lifetime === 'sliding' ? nowMs : consentedAtMs) + refresh.lifetimeSeconds * 1_000;
