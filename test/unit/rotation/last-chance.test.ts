import { describe, expect, it } from 'vitest';
import { Secret } from '../../../functions/core/secret.ts';
import { createFakeVault, type FakeVault } from '../../support/fake-vault/fake-vault.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const RIGHT = new Secret('what-adobe-accepts');

describe('A connection that comes to its end while a breaker is open', () => {
  const FLEET = Array.from({ length: 16 }, (_, at) => `end.${at}`);

  /** All of a fleet that consented together fires at its due times until its end; says when each connection was posted. */
  async function postsUntilTheEnd(bench: FakeVault, keepOpen: () => Promise<void>) {
    const posts = new Map<string, number[]>();
    for (const connectionId of FLEET) await bench.connect({ connectionId, subjectKey: connectionId });
    const endMs = bench.clock.nowMs() + 14 * DAY_MS;
    bench.clock.advance(7 * DAY_MS);
    await keepOpen();
    for (;;) {
      const [next] = [...bench.memory.connections.values()]
        .filter(({ dueAtMs = endMs }) => dueAtMs < endMs)
        .sort((one, other) => (one.dueAtMs ?? 0) - (other.dueAtMs ?? 0));
      if (next === undefined) return { posts, endMs };
      const before = bench.ims.calls.refreshes;
      bench.clock.setNowMs(Math.max(bench.clock.nowMs(), next.dueAtMs ?? 0));
      await keepOpen();
      await bench.fireDue(next.connectionId);
      const isPosted = bench.ims.calls.refreshes > before;
      if (isPosted)
        posts.set(next.connectionId, [...(posts.get(next.connectionId) ?? []), bench.clock.nowMs()]);
    }
  }

  it.each(['credential', 'outage'] as const)(
    'has at least one attempt, also when other connections take every trial of the %s breaker',
    async (breaker) => {
      const bench = createFakeVault();
      bench.ims.acceptClientSecrets({ current: RIGHT });
      const { posts, endMs } = await postsUntilTheEnd(bench, async () => {
        const nowMs = bench.clock.nowMs();
        const open = { reason: 'x', openedAtMs: nowMs - DAY_MS, openUntilMs: nowMs + 30 * MINUTE_MS };
        const { revision } = bench.breakers.present();
        await bench.breakers.write({ revision, recent: [], [breaker]: { ...open, reopened: 9 } });
      });
      expect([...posts.keys()].sort()).toEqual([...FLEET].sort());
      for (const times of posts.values()) expect(Math.min(...times)).toBeLessThan(endMs - 3 * HOUR_MS);
    },
  );

  it('has only one attempt while the credential is refused, and such attempts are hours apart', async () => {
    const bench = createFakeVault();
    bench.ims.acceptClientSecrets({ current: RIGHT });
    const { posts } = await postsUntilTheEnd(bench, async () => {
      const nowMs = bench.clock.nowMs();
      const credential = { reason: 'x', openedAtMs: 0, openUntilMs: nowMs + 30 * MINUTE_MS, reopened: 9 };
      await bench.breakers.write({ revision: bench.breakers.present().revision, recent: [], credential });
    });
    const times = [...posts.values()].flat().sort((one, other) => one - other);
    expect(times).toHaveLength(FLEET.length);
    expect((times.at(12) ?? 0) - (times.at(3) ?? 0)).toBeGreaterThan(4 * HOUR_MS);
  });
});
