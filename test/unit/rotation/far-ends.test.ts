import { describe, expect, it } from 'vitest';
import type { TokenAnswer, TokenHints } from '../../../functions/core/ports/ims.ts';
import { createFakeVault, type FakeVault } from '../../support/fake-vault/fake-vault.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The next answers state such ends. */
function stating(bench: FakeVault, hintsAt: (nowMs: number) => TokenHints, times: number): void {
  const distort = (answer: TokenAnswer): TokenAnswer =>
    answer.kind === 'tokens'
      ? { ...answer, tokens: { ...answer.tokens, hints: hintsAt(bench.clock.nowMs()) } }
      : answer;
  bench.ims.script(...Array.from({ length: times }, () => ({ distort })));
}

async function fireDueFor(bench: FakeVault, connectionId: string, days: number): Promise<void> {
  const endMs = bench.clock.nowMs() + days * DAY_MS;
  while (((await bench.stored(connectionId)).dueAtMs ?? endMs) < endMs) await bench.fireDue(connectionId);
  bench.clock.setNowMs(endMs);
}

const ENDS: readonly [string, (nowMs: number) => TokenHints][] = [
  ['15 days', (nowMs) => ({ rteaMs: nowMs + 15 * DAY_MS })],
  ['60 days', (nowMs) => ({ rteaMs: nowMs + 60 * DAY_MS })],
  ['400 days', (nowMs) => ({ rteaMs: nowMs + 400 * DAY_MS })],
  ['400 days in the refresh token', (nowMs) => ({ refreshTokenExpiresAtMs: nowMs + 400 * DAY_MS })],
  ['microseconds', (nowMs) => ({ rteaMs: (nowMs + 14 * DAY_MS) * 1_000 })],
  ['seconds', (nowMs) => ({ rteaMs: Math.floor((nowMs + 14 * DAY_MS) / 1_000) })],
  ['no number', () => ({ rteaMs: Number.NaN })],
];

describe('A readable end of life that is too good to be true', () => {
  it.each(ENDS)('costs no grant, stated once or forever: %s', async (_, hintsAt) => {
    for (const times of [1, 2, 1_000]) {
      for (const successor of ['new', 'same'] as const) {
        const bench = createFakeVault({ mode: successor === 'new' ? 'strict' : 'reuse', successor });
        const { connectionId } = await bench.connect();
        stating(bench, hintsAt, times);
        await fireDueFor(bench, connectionId, 12);
        expect(bench.ims.ledger.liveRefreshTokens()).toHaveLength(1);
        if (successor === 'same') continue;
        await fireDueFor(bench, connectionId, 40);
        expect(bench.ims.ledger.liveRefreshTokens()).toHaveLength(1);
        const { refreshExpiresAtMs = 0, state, rotateAtMs = 0 } = await bench.stored(connectionId);
        expect(state).toBe('active');
        expect(refreshExpiresAtMs).toBeLessThanOrEqual(bench.clock.nowMs() + 14 * DAY_MS);
        expect(rotateAtMs).toBeLessThanOrEqual(bench.clock.nowMs() + 0.55 * 14 * DAY_MS);
      }
    }
  });

  it('is shown by the status as long as it is stated, and read by nothing else', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    stating(bench, (nowMs) => ({ rteaMs: nowMs + 60 * DAY_MS }), 1);
    await bench.fireDue(connectionId);
    const after = await bench.stored(connectionId);
    expect(after.statedExpiresAtMs).toBe(bench.clock.nowMs() + 60 * DAY_MS);
    expect(after.refreshExpiresAtMs).toBe(bench.clock.nowMs() + 14 * DAY_MS);
    const { telemetry } = bench;
    const safety = telemetry.measurements.filter(({ metric }) => metric === 'HoursOfSafetyLeft').at(-1);
    expect(safety?.value).toBe(14 * 24);
    await bench.fireDue(connectionId);
    expect((await bench.stored(connectionId)).statedExpiresAtMs).toBeUndefined();
  });

  it('of a connection without a fixed end is believed once a token that old has worked', async () => {
    const bench = createFakeVault({ mode: 'reuse', refreshLifeMs: 300 * DAY_MS });
    const { connectionId, connectedAtMs } = await bench.connect();
    stating(bench, (nowMs) => ({ rteaMs: nowMs + 16 * DAY_MS }), 1);
    // No schedule fired for 17 days.
    bench.clock.setNowMs(connectedAtMs + 17 * DAY_MS);
    expect(await bench.rotate({ connectionId })).toEqual({ outcome: 'rotated' });
    const after = await bench.stored(connectionId);
    expect(after.longestTokenAgeMs).toBe(17 * DAY_MS);
    expect(after.refreshExpiresAtMs).toBe(bench.clock.nowMs() + 16 * DAY_MS);
  });

  it('proves nothing by the age of a token that was tried as a last resort', async () => {
    const bench = createFakeVault({ mode: 'reuse', refreshLifeMs: 300 * DAY_MS });
    const connection = await bench.connect();
    await bench.fireDue(connection.connectionId);
    const rotated = await bench.stored(connection.connectionId);
    const nowMs = rotated.rotatedAtMs ?? 0;
    const evidence = { count: 4, firstAtMs: nowMs - 2 * DAY_MS, lastAtMs: nowMs, tried: [] };
    await bench.connections.update({ expected: rotated, changes: { state: 'suspect', evidence } });
    bench.clock.advance(17 * DAY_MS);
    expect(await bench.rotate({ connectionId: connection.connectionId })).toEqual({ outcome: 'rotated' });
    expect(bench.ims.ledger.posts.at(-1)?.token).toBe(connection.token.reveal());
    expect((await bench.stored(connection.connectionId)).longestTokenAgeMs).toBeUndefined();
  });
});
