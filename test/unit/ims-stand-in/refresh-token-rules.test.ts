import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultImsProfile, type RefreshProfile, type RotationProfile } from '../../../local/ims/profile.ts';
import {
  isSpent,
  type RefreshTokenHistory,
  refreshEndMs,
  standingOf,
} from '../../../local/ims/refresh-token-rules.ts';
import { rotatesNow } from '../../../local/ims/token-endpoint.ts';

const dayMs = 86_400_000;
const fresh: RefreshTokenHistory = {
  expiresAtMs: 14 * dayMs,
  consumedAtMs: null,
  successorUsedAtMs: null,
  revokedAtMs: null,
};

function rotation(change: Partial<RotationProfile>): RotationProfile {
  return {
    ...defaultImsProfile.rotation,
    ...change,
  };
}

function refresh(change: Partial<RefreshProfile>): RefreshProfile {
  return {
    ...defaultImsProfile.refresh,
    ...change,
  };
}

describe('a refresh token that was exchanged for a successor', () => {
  const used = { ...fresh, consumedAtMs: 1_000 };

  it('stays good where the mode allows reuse', () => {
    expect(standingOf(used, rotation({ mode: 'reuse' }), dayMs)).toBe('good');
  });

  it.each(['strict', 'family'] as const)('is used at once in mode %s', (mode) => {
    expect(standingOf(used, rotation({ mode }), 1_000)).toBe('spent');
  });

  it('is used when its grace has run out, and not a millisecond before', () => {
    const grace = rotation({ mode: 'grace', graceSeconds: 60 });
    expect(standingOf(used, grace, 60_999)).toBe('good');
    expect(standingOf(used, grace, 61_000)).toBe('spent');
  });

  it('is used when its successor is used, if that ends the grace', () => {
    const grace = rotation({ mode: 'grace', graceSeconds: 'until-successor-used' });
    expect(standingOf(used, grace, 13 * dayMs)).toBe('good');
    expect(standingOf({ ...used, successorUsedAtMs: 5_000 }, grace, 5_000)).toBe('spent');
  });

  it('is used by whichever comes first, if its grace is to end on use', () => {
    const grace = rotation({ mode: 'grace', graceSeconds: 60, graceEndsOnUse: true });
    expect(standingOf({ ...used, successorUsedAtMs: 5_000 }, grace, 5_000)).toBe('spent');
    expect(standingOf(used, grace, 60_999)).toBe('good');
    expect(standingOf(used, grace, 61_000)).toBe('spent');
  });

  it('counts as used even after it expired or was revoked, so that a later use of it is still seen', () => {
    const dead = { ...used, revokedAtMs: 2_000 };
    expect(standingOf(dead, rotation({ mode: 'strict' }), 20 * dayMs)).toBe('spent');
  });
});

describe('a refresh token that was never exchanged', () => {
  it('never counts as used, in any mode', () => {
    const modes = fc.constantFrom<RotationProfile['mode']>('reuse', 'grace', 'strict', 'family', 'never');
    fc.assert(
      fc.property(
        modes,
        fc.nat({ max: 400 * dayMs }),
        (mode, nowMs) => !isSpent(fresh, rotation({ mode }), nowMs),
      ),
    );
  });

  it('expires at the end of its life and is revoked from then on if revoked', () => {
    const strict = rotation({ mode: 'strict' });
    expect(standingOf(fresh, strict, 14 * dayMs - 1)).toBe('good');
    expect(standingOf(fresh, strict, 14 * dayMs)).toBe('expired');
    expect(standingOf({ ...fresh, revokedAtMs: 1 }, strict, 14 * dayMs)).toBe('revoked');
  });
});

describe('whether an exchange rotates', () => {
  it('does so only for a new token, in a mode that rotates, when the token is old enough', () => {
    const token = { issuedAtMs: 0 };
    const weekly = {
      rotation: rotation({ mode: 'strict', afterDays: 7 }),
      refresh: refresh({ response: 'new' }),
    };
    expect(rotatesNow(token, weekly, 7 * dayMs)).toBe(true);
    expect(rotatesNow(token, weekly, 7 * dayMs - 1)).toBe(false);
    expect(rotatesNow(token, { ...weekly, refresh: refresh({ response: 'same' }) }, 7 * dayMs)).toBe(false);
    expect(rotatesNow(token, { ...weekly, rotation: rotation({ mode: 'never' }) }, 7 * dayMs)).toBe(false);
  });
});

describe('the end of a refresh token', () => {
  it('counts from the exchange when sliding and from the consent when absolute', () => {
    expect(refreshEndMs(refresh({ lifetime: 'sliding' }), 0, 5 * dayMs)).toBe(19 * dayMs);
    expect(refreshEndMs(refresh({ lifetime: 'absolute' }), 0, 5 * dayMs)).toBe(14 * dayMs);
  });
});
