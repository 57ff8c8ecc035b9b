import { describe, expect, it } from 'vitest';
import type { Sliding } from '../../../functions/core/connection/connection.ts';
import {
  ASSUMED_IMPORTED_LIFE_MS,
  claimedRefreshLife,
  firstRefreshLife,
  nextRefreshLife,
  provenAgeMs,
  rotationDueAtMs,
} from '../../../functions/core/connection/lifetime.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../functions/core/time-units.ts';

const NOW_MS = Date.UTC(2026, 0, 15, 12);
const TOO_FAR = [
  NOW_MS + 14 * DAY_MS + 2 * MINUTE_MS,
  NOW_MS + 15 * DAY_MS,
  NOW_MS + 60 * DAY_MS,
  NOW_MS + 400 * DAY_MS,
  NOW_MS * 1_000,
  9e15,
  Number.POSITIVE_INFINITY,
  Number.NaN,
];
const consented = {
  connectedAtMs: NOW_MS,
  sliding: 'unknown',
  refreshExpiresAtMs: NOW_MS + 14 * DAY_MS,
} as const;

describe('The first life of a refresh token', () => {
  it('is read from rtea, else from the refresh token itself, else assumed to be 14 days', () => {
    const rteaMs = NOW_MS + 10 * DAY_MS;
    const refreshTokenExpiresAtMs = NOW_MS + 7 * DAY_MS;
    expect(firstRefreshLife(NOW_MS, { rteaMs, refreshTokenExpiresAtMs }).refreshExpiresAtMs).toBe(rteaMs);
    expect(firstRefreshLife(NOW_MS, { refreshTokenExpiresAtMs }).refreshExpiresAtMs).toBe(
      refreshTokenExpiresAtMs,
    );
    expect(firstRefreshLife(NOW_MS, {})).toEqual({
      refreshExpiresAtMs: NOW_MS + 14 * DAY_MS,
      sliding: 'unknown',
    });
  });

  it('stays between an hour and 14 days, whatever the hints claim', () => {
    expect(firstRefreshLife(NOW_MS, { rteaMs: 0 }).refreshExpiresAtMs).toBe(NOW_MS + HOUR_MS);
    for (const rteaMs of TOO_FAR) {
      expect(firstRefreshLife(NOW_MS, { rteaMs }).refreshExpiresAtMs).toBe(NOW_MS + 14 * DAY_MS);
    }
  });

  it('is the readable one where the other is a misreading', () => {
    const refreshTokenExpiresAtMs = NOW_MS + 7 * DAY_MS;
    for (const rteaMs of [...TOO_FAR, 1_700_000_000, 0, -1]) {
      const life = firstRefreshLife(NOW_MS, { rteaMs, refreshTokenExpiresAtMs });
      expect(life).toEqual({ refreshExpiresAtMs: refreshTokenExpiresAtMs, sliding: 'unknown' });
    }
  });

  it('keeps a later end that is stated, up to 400 days, to be shown', () => {
    const stated = (daysAhead: number) =>
      firstRefreshLife(NOW_MS, { rteaMs: NOW_MS + daysAhead * DAY_MS }).statedExpiresAtMs;
    expect(stated(60)).toBe(NOW_MS + 60 * DAY_MS);
    expect(stated(400)).toBe(NOW_MS + 400 * DAY_MS);
    expect([13, 14, 401, 1e6].map(stated)).toEqual(Array(4).fill(undefined));
  });
});

describe('A readable end of life that is too good to be true', () => {
  const laterMs = NOW_MS + 7 * DAY_MS;
  const lifeAfter = (before: Partial<typeof proven>, rteaMs: number, newToken = true) =>
    nextRefreshLife({ ...consented, ...before }, { hints: { rteaMs }, newToken }, laterMs);
  const proven = { longestTokenAgeMs: 18 * DAY_MS, sliding: 'unknown' as Sliding };

  it('says as little as none, of the end and of sliding', () => {
    for (const farMs of TOO_FAR) {
      for (const newToken of [true, false]) {
        for (const sliding of ['yes', 'unknown'] as const) {
          const without = nextRefreshLife({ ...consented, sliding }, { hints: {}, newToken }, laterMs);
          const { statedExpiresAtMs: _, ...life } = lifeAfter({ sliding }, farMs + 7 * DAY_MS, newToken);
          expect(life).toEqual(without);
        }
      }
    }
  });

  it('does not undo what readable ends have shown: a grant that ends still ends', () => {
    expect(lifeAfter({ sliding: 'no' }, laterMs + 60 * DAY_MS)).toMatchObject({
      refreshExpiresAtMs: consented.refreshExpiresAtMs,
      sliding: 'no',
    });
  });

  it('is true where a token of the connection was seen to work at such an age', () => {
    const rteaMs = laterMs + 17 * DAY_MS;
    expect(lifeAfter(proven, rteaMs)).toEqual({ refreshExpiresAtMs: rteaMs, sliding: 'yes' });
    expect(lifeAfter(proven, laterMs + 19 * DAY_MS).refreshExpiresAtMs).toBe(laterMs + 14 * DAY_MS);
    expect(lifeAfter({}, rteaMs).refreshExpiresAtMs).toBe(laterMs + 14 * DAY_MS);
  });

  it('is never believed so far that the next rotation would come after 14 days, whatever a row says', () => {
    for (const longestTokenAgeMs of [22 * DAY_MS, 400 * DAY_MS, Number.MAX_SAFE_INTEGER]) {
      for (const daysAhead of [14, 15, 21, 22, 60, 400]) {
        const life = lifeAfter({ longestTokenAgeMs }, laterMs + daysAhead * DAY_MS);
        const dueAtMs = rotationDueAtMs('a', life, laterMs) ?? Number.POSITIVE_INFINITY;
        expect(dueAtMs - laterMs).toBeLessThan(12 * DAY_MS);
      }
    }
  });

  it('is not a minute more than 14 days, which clocks may differ by', () => {
    const rteaMs = laterMs + 14 * DAY_MS + MINUTE_MS;
    expect(lifeAfter({}, rteaMs)).toEqual({ refreshExpiresAtMs: rteaMs - MINUTE_MS, sliding: 'yes' });
  });

  it('claimed by a parked envelope puts nothing off', () => {
    for (const farMs of [...TOO_FAR, Number.NaN]) {
      const claim = { refreshExpiresAtMs: farMs, sliding: 'yes' } as const;
      for (const sliding of ['yes', 'no', 'unknown'] as const) {
        const before = { sliding, refreshExpiresAtMs: NOW_MS + 400 * DAY_MS };
        expect(claimedRefreshLife(before, claim, NOW_MS).refreshExpiresAtMs).toBe(NOW_MS + 14 * DAY_MS);
      }
    }
  });
});

describe('The age at which a token was seen to work', () => {
  it('is remembered where it says more than is assumed, and only grows', () => {
    const age = (days: number, longestTokenAgeMs?: number) =>
      provenAgeMs(
        { ...consented, ...(longestTokenAgeMs !== undefined && { longestTokenAgeMs }) },
        NOW_MS + days * DAY_MS,
      );
    expect(age(7)).toBeUndefined();
    expect(age(14)).toBeUndefined();
    expect(age(16)).toBe(16 * DAY_MS);
    expect(age(16, 17 * DAY_MS)).toBeUndefined();
    expect(age(-1)).toBeUndefined();
    expect(age(20_000)).toBe(21 * DAY_MS);
  });
});

describe('The life after a rotation', () => {
  const weekLaterMs = NOW_MS + 7 * DAY_MS;

  it('slides when a later end is readable, or when nothing is readable and the token is new', () => {
    const rteaMs = weekLaterMs + 13 * DAY_MS;
    expect(nextRefreshLife(consented, { hints: { rteaMs }, newToken: false }, weekLaterMs)).toEqual({
      refreshExpiresAtMs: rteaMs,
      sliding: 'yes',
    });
    expect(nextRefreshLife(consented, { hints: {}, newToken: true }, weekLaterMs)).toEqual({
      refreshExpiresAtMs: weekLaterMs + 14 * DAY_MS,
      sliding: 'yes',
    });
  });

  it('does not slide when the readable end stays, even for a new token value', () => {
    const rteaMs = consented.refreshExpiresAtMs + 10;
    expect(nextRefreshLife(consented, { hints: { rteaMs }, newToken: true }, weekLaterMs).sliding).toBe('no');
  });

  it('does not slide when nothing is readable and the token is the same or omitted', () => {
    expect(nextRefreshLife(consented, { hints: {}, newToken: false }, weekLaterMs)).toEqual({
      refreshExpiresAtMs: consented.refreshExpiresAtMs,
      sliding: 'no',
    });
  });

  it('concludes nothing from a second look within minutes', () => {
    const hints = { rteaMs: consented.refreshExpiresAtMs };
    const soonMs = NOW_MS + 5 * MINUTE_MS;
    expect(nextRefreshLife(consented, { hints, newToken: true }, soonMs).sliding).toBe('unknown');
  });
});

describe('The life after the first rotation of an imported token with an unknown expiry', () => {
  const imported = {
    connectedAtMs: NOW_MS,
    sliding: 'unknown',
    refreshExpiresAtMs: NOW_MS + ASSUMED_IMPORTED_LIFE_MS,
    importedFrom: 'digest',
  } as const;
  const laterMs = NOW_MS + 2 * HOUR_MS;

  it('is what is readable, and no proof of sliding', () => {
    const rteaMs = NOW_MS + 5 * DAY_MS;
    expect(nextRefreshLife(imported, { hints: { rteaMs }, newToken: true }, laterMs)).toEqual({
      refreshExpiresAtMs: rteaMs,
      sliding: 'unknown',
    });
  });

  it.each([
    ['a new token', true, 'yes'],
    ['the same token', false, 'unknown'],
  ] as const)('is assumed again where nothing is readable: %s', (_, newToken, sliding) => {
    expect(nextRefreshLife(imported, { hints: {}, newToken }, laterMs)).toEqual({
      refreshExpiresAtMs: laterMs + 14 * DAY_MS,
      sliding,
    });
  });

  it('is as for any other token where its expiry was given, and from the second rotation on', () => {
    const rteaMs = NOW_MS + 5 * DAY_MS;
    const stated = { ...imported, refreshExpiresAtMs: rteaMs };
    const second = { ...imported, refreshExpiresAtMs: rteaMs, rotatedAtMs: NOW_MS + HOUR_MS };
    for (const before of [stated, second]) {
      expect(nextRefreshLife(before, { hints: { rteaMs }, newToken: true }, laterMs).sliding).toBe('no');
    }
  });
});

describe('A rotation', () => {
  it('is due between 45 and 55 % of the life, always the same for one connection', () => {
    const life = { refreshExpiresAtMs: NOW_MS + 14 * DAY_MS, sliding: 'yes' } as const;
    const shares = Array.from({ length: 500 }, (_, at) => {
      const dueAtMs = rotationDueAtMs(`fleet.${at}`, life, NOW_MS) ?? 0;
      return (dueAtMs - NOW_MS) / (14 * DAY_MS);
    });
    expect(Math.min(...shares)).toBeGreaterThanOrEqual(0.45);
    expect(Math.max(...shares)).toBeLessThanOrEqual(0.55);
    expect(new Set(shares).size).toBeGreaterThan(490);
  });

  it('of a token that does not slide is tried at most once a day, and not at all in its last hours', () => {
    const life = { refreshExpiresAtMs: NOW_MS + DAY_MS, sliding: 'no' } as const;
    expect(rotationDueAtMs('a', life, NOW_MS)).toBeUndefined();
    const longer = { refreshExpiresAtMs: NOW_MS + 36 * HOUR_MS, sliding: 'no' } as const;
    expect(rotationDueAtMs('a', longer, NOW_MS)).toBe(NOW_MS + DAY_MS);
  });
});
