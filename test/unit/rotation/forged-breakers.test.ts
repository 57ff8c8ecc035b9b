import { describe, expect, it } from 'vitest';
import { type Breakers, boundedBreakers } from '../../../functions/core/rotation/breakers.ts';
import { createFakeVault } from '../../support/fake-vault/fake-vault.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const YEAR_2100_MS = Date.UTC(2100, 0);
const NOW_MS = Date.UTC(2026, 0, 15, 12);

/** What a writer of Ephemeral may put there at a moment. */
type Forgery = (nowMs: number) => Omit<Breakers, 'revision'>;

function open(openUntilMs: number, changes: object = {}) {
  return {
    reason: 'x',
    openedAtMs: NOW_MS,
    openUntilMs,
    reopened: 0,
    ...changes,
  };
}

const FORGERIES: Readonly<Record<string, Forgery>> = {
  'a credential breaker until 2100': () => ({ recent: [], credential: open(YEAR_2100_MS) }),
  'an outage breaker until 2100': () => ({ recent: [], outage: open(YEAR_2100_MS) }),
  'both until the end of numbers': () => ({
    recent: [],
    credential: open(Number.MAX_SAFE_INTEGER),
    outage: open(Number.MAX_SAFE_INTEGER),
  }),
  'an outage breaker that opens in 2100 and was reopened a million times': (nowMs) => ({
    recent: [],
    outage: open(nowMs + DAY_MS, { openedAtMs: YEAR_2100_MS, reopened: 1e6, answers: -1e6 }),
  }),
  'a credential breaker that was reopened less than never': (nowMs) => ({
    recent: [],
    credential: open(nowMs + HOUR_MS, { reopened: -1e6 }),
  }),
};

describe.each(Object.entries(FORGERIES))('A forged item: %s', (_name, forge) => {
  it('is a misreading: the next connection that is due makes a trial, and the breaker closes', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    bench.clock.advance(8 * DAY_MS);
    const nowMs = bench.clock.nowMs();
    await bench.breakers.write({ revision: 0, ...forge(nowMs) });
    const outcome = await bench.rotate({ connectionId });
    const { nextAttemptAtMs = 0, dueAtMs = 0 } = await bench.stored(connectionId);
    expect(nextAttemptAtMs).toBeLessThanOrEqual(nowMs + 30 * MINUTE_MS);
    if (outcome.outcome !== 'rotated') expect(dueAtMs).toBeLessThanOrEqual(nowMs + DAY_MS);
    for (let fired = 0; (await bench.stored(connectionId)).version === 1 && fired < 20; fired += 1) {
      await bench.fireDue(connectionId);
    }
    expect((await bench.stored(connectionId)).version).toBe(2);
  });

  it('that is put back again and again costs no grant', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    const untilMs = bench.clock.nowMs() + 40 * DAY_MS;
    while (bench.clock.nowMs() < untilMs) {
      const { revision } = bench.breakers.present();
      await bench.breakers.write({ revision, ...forge(bench.clock.nowMs()) });
      await bench.fireDue(connectionId);
    }
    expect(bench.ims.ledger.isLive((await bench.storedToken(connectionId)) ?? '')).toBe(true);
  });
});

describe('What is read of the breakers', () => {
  const bounded = (breakers: Omit<Breakers, 'revision'>) =>
    boundedBreakers({ revision: 7, ...breakers }, NOW_MS);

  it('is left as it is where it can be true', () => {
    const breakers: Breakers = {
      revision: 7,
      credential: { ...open(NOW_MS + 30 * MINUTE_MS), reopened: 4, secretVersion: 'v1' },
      outage: { ...open(NOW_MS - DAY_MS), answers: 5 },
      recent: [{ connection: 'a', kind: 'refused', atMs: NOW_MS }],
      odd: [{ connection: 'a', atMs: NOW_MS }],
    };
    expect(boundedBreakers(breakers, NOW_MS)).toEqual(breakers);
  });

  it('names no pause longer than half an hour', () => {
    const pauseOf = (openUntilMs: number) =>
      (bounded({ recent: [], credential: open(openUntilMs) }).credential?.openUntilMs ?? Number.NaN) - NOW_MS;
    expect(pauseOf(NOW_MS + 30 * MINUTE_MS + 1)).toBe(30 * MINUTE_MS);
    expect(pauseOf(NOW_MS + 31 * MINUTE_MS + 1)).toBe(0);
    expect(pauseOf(YEAR_2100_MS)).toBe(0);
  });

  it('holds nothing from the future, and nothing beyond what is ever written', () => {
    const attempt = (atMs: number) => ({ connection: `c${atMs}`, kind: 'refused', atMs }) as const;
    const many = Array.from({ length: 100 }, (_, at) => attempt(NOW_MS - at));
    const { recent, odd } = bounded({
      recent: [...many, attempt(YEAR_2100_MS)],
      odd: [...many, attempt(YEAR_2100_MS)],
    });
    expect([recent.length, odd?.length]).toEqual([20, 8]);
    expect(Math.max(...recent.map(({ atMs }) => atMs))).toBeLessThanOrEqual(NOW_MS);
  });

  it('puts off the next check of the token endpoint by an hour at most', () => {
    const checkOf = (nextCheckAtMs: number) => bounded({ recent: [], nextCheckAtMs }).nextCheckAtMs;
    expect(checkOf(NOW_MS + HOUR_MS)).toBe(NOW_MS + HOUR_MS);
    expect(checkOf(NOW_MS + HOUR_MS + MINUTE_MS + 1)).toBeUndefined();
    expect(checkOf(YEAR_2100_MS)).toBeUndefined();
  });

  it('never is an outage breaker that closes without one more answer', () => {
    expect(bounded({ recent: [], outage: open(NOW_MS, { answers: 1e9 }) }).outage?.answers).toBe(5);
  });
});
