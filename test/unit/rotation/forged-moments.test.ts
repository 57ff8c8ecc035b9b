import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Connection } from '../../../functions/core/connection/connection.ts';
import type { TokenAnswer } from '../../../functions/core/ports/ims.ts';
import { createFakeVault, type FakeVault } from '../../support/fake-vault/fake-vault.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const CENTURY_MS = 100 * 365 * DAY_MS;
const WANTED = { scopeSet: '*', minTtlSeconds: 300 };

type Forgery = (nowMs: number, connection: Connection) => Partial<Connection>;

const FORGERIES: readonly [string, Forgery][] = [
  ['a back-off', (nowMs) => ({ nextAttemptAtMs: nowMs + CENTURY_MS })],
  ['a back-off of two days', (nowMs) => ({ nextAttemptAtMs: nowMs + 2 * DAY_MS })],
  ['a due moment', (nowMs) => ({ rotateAtMs: nowMs + CENTURY_MS })],
  [
    'a due moment after the end',
    (_, { refreshExpiresAtMs = 0 }) => ({ rotateAtMs: refreshExpiresAtMs + HOUR_MS }),
  ],
  ['an end', (nowMs) => ({ refreshExpiresAtMs: nowMs + CENTURY_MS, rotateAtMs: nowMs + CENTURY_MS })],
  ['an end alone', (nowMs) => ({ refreshExpiresAtMs: nowMs + 20 * DAY_MS })],
  [
    'an end with an age that was never seen',
    (nowMs) => ({
      longestTokenAgeMs: CENTURY_MS,
      refreshExpiresAtMs: nowMs + 300 * DAY_MS,
      rotateAtMs: nowMs + 200 * DAY_MS,
    }),
  ],
  ['a lease', (nowMs) => ({ lease: { runId: 'forged', untilMs: nowMs + CENTURY_MS } })],
  ['a lease of ten minutes', (nowMs) => ({ lease: { runId: 'forged', untilMs: nowMs + 10 * MINUTE_MS } })],
  [
    'a refusal',
    (nowMs) => ({ evidence: { count: 1, firstAtMs: nowMs + CENTURY_MS, lastAtMs: nowMs, tried: [] } }),
  ],
  [
    'everything',
    (nowMs) => ({
      nextAttemptAtMs: nowMs + CENTURY_MS,
      rotateAtMs: nowMs + CENTURY_MS,
      refreshExpiresAtMs: nowMs + CENTURY_MS,
      lease: { runId: 'forged', untilMs: nowMs + CENTURY_MS },
    }),
  ],
];

async function forged(forgery: Forgery, days = 6) {
  const bench = createFakeVault();
  const connection = await bench.connect();
  bench.clock.advance(days * DAY_MS);
  const changes = forgery(bench.clock.nowMs(), connection);
  await bench.connections.update({ expected: connection, changes });
  return { bench, connectionId: connection.connectionId };
}

async function fireDueFor(bench: FakeVault, connectionId: string, days: number): Promise<void> {
  const endMs = bench.clock.nowMs() + days * DAY_MS;
  for (let fired = 0; bench.clock.nowMs() < endMs; fired += 1) {
    if (fired > 200) throw new Error('It fires without end.');
    const { dueAtMs = endMs } = await bench.stored(connectionId);
    // A schedule is set a minute ahead at least.
    bench.clock.setNowMs(Math.min(endMs, Math.max(dueAtMs, bench.clock.nowMs() + MINUTE_MS)));
    await bench.rotate({ connectionId });
  }
}

describe('A moment in a row that no write of the vault leads to', () => {
  it.each(FORGERIES)(
    'does not stop the rotations, once anything looks at the row: %s',
    async (_, forgery) => {
      for (const trigger of ['schedule', 'vend'] as const) {
        const { bench, connectionId } = await forged(forgery);
        await bench.rotate({ connectionId, trigger, requirement: WANTED });
        const { dueAtMs = Number.POSITIVE_INFINITY } = await bench.stored(connectionId);
        expect(dueAtMs).toBeLessThanOrEqual(bench.clock.nowMs() + 8 * DAY_MS);
        expect(bench.telemetry.total('MomentsRepaired')).toBe(1);
        await fireDueFor(bench, connectionId, 30);
        expect(bench.ims.ledger.liveRefreshTokens()).toHaveLength(1);
        expect((await bench.stored(connectionId)).version).toBeGreaterThan(3);
        expect(bench.telemetry.total('MomentsRepaired')).toBe(1);
      }
    },
  );

  it.each(['a back-off', 'a due moment', 'an end', 'an end with an age that was never seen'])(
    'makes the next rotation due at once, not at a bound that moves along: %s',
    async (name) => {
      const [, forgery = () => ({})] = FORGERIES.find(([one]) => one === name) ?? [];
      const { bench, connectionId } = await forged(forgery, 8);
      expect(await bench.rotate({ connectionId })).toEqual({ outcome: 'rotated' });
    },
  );

  it('such as a lease is given the time that a living holder may need, and no more', async () => {
    const { bench, connectionId } = await forged((nowMs) => ({
      lease: { runId: 'holder', untilMs: nowMs + CENTURY_MS },
    }));
    expect(await bench.rotate({ connectionId, trigger: 'vend', requirement: WANTED })).toMatchObject({
      outcome: 'busy',
    });
    expect((await bench.stored(connectionId)).lease).toEqual({
      runId: 'holder',
      untilMs: bench.clock.nowMs() + MINUTE_MS,
    });
    bench.clock.advance(MINUTE_MS + 3_000);
    expect(await bench.rotate({ connectionId })).toEqual({ outcome: 'rotated' });
  });

  it('does not refuse forced refreshes for good', async () => {
    const { bench, connectionId } = await forged((nowMs) => ({
      forcedRefreshes: { count: 9, nextAllowedAtMs: nowMs + CENTURY_MS },
    }));
    const { generation, version } = await bench.stored(connectionId);
    const requirement = { ...WANTED, rejected: { generation, version } };
    expect(await bench.rotate({ connectionId, trigger: 'vend', requirement })).toEqual({
      outcome: 'rotated',
    });
  });

  it('is not seen by a process whose own clock is wrong: it waits, and repairs nothing', async () => {
    const bench = createFakeVault();
    const connection = await bench.connect();
    const changes = { nextAttemptAtMs: bench.clock.nowMs() + HOUR_MS };
    await bench.connections.update({ expected: connection, changes });
    bench.clock.setNowMs(bench.clock.nowMs() - 3 * DAY_MS);
    bench.connections.setClockSkewMs(-3 * DAY_MS);
    await bench.rotate({ connectionId: connection.connectionId, trigger: 'vend', requirement: WANTED });
    expect(await bench.stored(connection.connectionId)).toMatchObject(changes);
    expect(bench.telemetry.total('MomentsRepaired')).toBe(0);
  });

  it('of a breaker holds no connection that is due', async () => {
    const { bench, connectionId } = await forged(() => ({}), 8);
    const nowMs = bench.clock.nowMs();
    const forever = { reason: 'forged', openedAtMs: nowMs, openUntilMs: nowMs + CENTURY_MS, reopened: 0 };
    await bench.breakers.write({ ...bench.breakers.present(), credential: forever });
    expect(await bench.rotate({ connectionId })).toEqual({ outcome: 'rotated' });
  });
});

const ANSWERS: readonly TokenAnswer[] = [
  { kind: 'refused', error: 'access_denied' },
  { kind: 'misconfigured', error: 'invalid_client' },
  { kind: 'misconfigured', error: 'invalid_scope' },
  { kind: 'user-action', error: 'ride_AdobeID_acct_terms' },
  { kind: 'wait', retryAfterMs: 30 * DAY_MS },
  { kind: 'unknown', reason: 'timeout' },
  { kind: 'unexpected', status: 418 },
];

describe('What the vault itself writes', () => {
  it('never looks forged to it, whatever IMS answers and whatever triggers the run', async () => {
    const step = fc.record({
      answer: fc.option(fc.constantFrom(...ANSWERS), { nil: undefined }),
      trigger: fc.constantFrom('schedule', 'vend', 'operator'),
      isRejected: fc.boolean(),
      scopeSet: fc.constantFrom('*', 'openid'),
      earlyMs: fc.constantFrom(0, 0, MINUTE_MS, HOUR_MS, DAY_MS),
    });
    const provider = fc.record({
      successor: fc.constantFrom('new', 'same', 'none'),
      sliding: fc.boolean(),
      rtea: fc.boolean(),
      refreshLifeMs: fc.constantFrom(13 * DAY_MS, 14 * DAY_MS, 18 * DAY_MS, 90 * DAY_MS),
    });
    await fc.assert(
      fc.asyncProperty(provider, fc.array(step, { maxLength: 25 }), async (options, steps) => {
        const bench = createFakeVault({ mode: 'reuse', ...options });
        const { connectionId } = await bench.connect();
        for (const { answer, trigger, isRejected, scopeSet, earlyMs } of steps) {
          const { dueAtMs, generation, version } = await bench.stored(connectionId);
          const atMs = (dueAtMs ?? bench.clock.nowMs() + DAY_MS) - earlyMs;
          bench.clock.setNowMs(Math.max(bench.clock.nowMs(), atMs));
          const requirement = {
            scopeSet,
            minTtlSeconds: 0,
            ...(isRejected && { rejected: { generation, version } }),
          };
          const ims = answer ? { ...bench.ims, refresh: async () => answer } : bench.ims;
          await bench.rotate({ connectionId, trigger, requirement }, { ims });
        }
        expect(bench.telemetry.total('MomentsRepaired')).toBe(0);
      }),
      { numRuns: 100, seed: 13 },
    );
  });
});
