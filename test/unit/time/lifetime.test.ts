import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../functions/core/domain/durations.ts';
import {
  ASSUMED_IMPORTED_LIFE_MS,
  firstRefreshLife,
  nextRefreshLife,
  rotationDueAtMs,
} from '../../../functions/core/domain/lifetime.ts';

const NOW_MS = Date.UTC(2026, 0, 15, 12);
const consented = {
  connectedAtMs: NOW_MS,
  sliding: 'unknown',
  refreshExpiresAtMs: NOW_MS + 14 * DAY_MS,
} as const;

describe('The first life of a refresh token', () => {
  it('is read from rtea, else from the refresh token itself, else assumed to be 14 days', () => {
    const rteaMs = NOW_MS + 30 * DAY_MS;
    const refreshTokenExpiresAtMs = NOW_MS + 20 * DAY_MS;
    expect(firstRefreshLife(NOW_MS, { rteaMs, refreshTokenExpiresAtMs }).refreshExpiresAtMs).toBe(rteaMs);
    expect(firstRefreshLife(NOW_MS, { refreshTokenExpiresAtMs }).refreshExpiresAtMs).toBe(
      refreshTokenExpiresAtMs,
    );
    expect(firstRefreshLife(NOW_MS, {})).toEqual({
      refreshExpiresAtMs: NOW_MS + 14 * DAY_MS,
      sliding: 'unknown',
    });
  });

  it('stays between an hour and 400 days, whatever the hints claim', () => {
    expect(firstRefreshLife(NOW_MS, { rteaMs: 0 }).refreshExpiresAtMs).toBe(NOW_MS + HOUR_MS);
    expect(firstRefreshLife(NOW_MS, { rteaMs: 9e15 }).refreshExpiresAtMs).toBe(NOW_MS + 400 * DAY_MS);
  });
});

describe('The life after a rotation', () => {
  const weekLaterMs = NOW_MS + 7 * DAY_MS;

  it('slides when a later end is readable, or when nothing is readable and the token is new', () => {
    const rteaMs = weekLaterMs + 14 * DAY_MS;
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

describe('The life after the first rotation of an imported token whose end nobody knew', () => {
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
  ] as const)('is assumed anew where nothing is readable: %s', (_, newToken, sliding) => {
    expect(nextRefreshLife(imported, { hints: {}, newToken }, laterMs)).toEqual({
      refreshExpiresAtMs: laterMs + 14 * DAY_MS,
      sliding,
    });
  });

  it('is judged as any other where its end was told, and from the second rotation on', () => {
    const rteaMs = NOW_MS + 5 * DAY_MS;
    const told = { ...imported, refreshExpiresAtMs: rteaMs };
    const second = { ...imported, refreshExpiresAtMs: rteaMs, rotatedAtMs: NOW_MS + HOUR_MS };
    for (const before of [told, second]) {
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
