import { describe, expect, it } from 'vitest';
import { rotationAtMs } from '../../../functions/core/connection/due.ts';
import { createFakeVault, type FakeVault } from '../../support/fake-vault/fake-vault.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** The outage breaker has been open for this long, and lets the next trial pass in ten minutes. */
async function outageSince(bench: FakeVault, durationMs: number): Promise<number> {
  const nowMs = bench.clock.nowMs();
  const openUntilMs = nowMs + 10 * MINUTE_MS;
  const outage = { reason: 'unknown outcomes', openedAtMs: nowMs - durationMs, openUntilMs, reopened: 3 };
  await bench.breakers.write({ ...bench.breakers.present(), outage });
  return openUntilMs;
}

async function dueConnections(bench: FakeVault, count: number): Promise<readonly string[]> {
  const ids = Array.from({ length: count }, (_, at) => `waiting.${at}`);
  for (const connectionId of ids) await bench.connect({ connectionId, rotateAtMs: bench.clock.nowMs() });
  return ids;
}

/** How long after the next trial each of them comes back. */
async function comeBackMs(bench: FakeVault, ids: readonly string[], openUntilMs: number) {
  const times: number[] = [];
  for (const connectionId of ids) {
    expect(await bench.rotate({ connectionId })).toMatchObject({ outcome: 'waiting' });
    times.push((rotationAtMs(await bench.stored(connectionId)) ?? 0) - openUntilMs);
  }
  return times.sort((one, other) => one - other);
}

describe('Connections that wait for an outage to end', () => {
  it('resume over a period as long as the outage, so that they do not all resume at once', async () => {
    const bench = createFakeVault();
    const ids = await dueConnections(bench, 40);
    const times = await comeBackMs(bench, ids, await outageSince(bench, 4 * HOUR_MS));
    expect(times.at(0)).toBeGreaterThanOrEqual(0);
    expect(times.at(-1)).toBeLessThanOrEqual(4 * HOUR_MS);
    expect((times.at(30) ?? 0) - (times.at(10) ?? 0)).toBeGreaterThan(HOUR_MS);
  });

  it('resume within minutes after a short one', async () => {
    const bench = createFakeVault();
    const ids = await dueConnections(bench, 10);
    const times = await comeBackMs(bench, ids, await outageSince(bench, 0));
    expect(times.at(-1)).toBeLessThanOrEqual(MINUTE_MS);
  });

  it('wait at most a twentieth of the life that is left', async () => {
    const bench = createFakeVault();
    const ids = await dueConnections(bench, 40);
    bench.clock.advance(11 * DAY_MS);
    const times = await comeBackMs(bench, ids, await outageSince(bench, 6 * DAY_MS));
    expect(times.at(-1)).toBeLessThanOrEqual((3 * DAY_MS) / 20);
  });

  it('are served to a caller as soon as the outage has ended: a caller’s request writes nothing before', async () => {
    const bench = createFakeVault();
    const [connectionId = ''] = await dueConnections(bench, 1);
    await outageSince(bench, DAY_MS);
    const before = await bench.stored(connectionId);
    const vend = {
      connectionId,
      trigger: 'vend',
      requirement: { scopeSet: '*', minTtlSeconds: 300 },
    } as const;
    bench.clock.advance(MINUTE_MS);
    bench.ims.scriptChecks(false);
    expect(await bench.rotate(vend)).toMatchObject({ outcome: 'waiting', reason: 'outage-breaker' });
    expect(await bench.stored(connectionId)).toEqual(before);
    const { outage: _, ...closed } = bench.breakers.present();
    await bench.breakers.write(closed);
    expect(await bench.rotate(vend)).toEqual({ outcome: 'rotated' });
  });
});

describe('A connection that is not known to slide', () => {
  it('is announced to end when it could not be rotated until its last days, and not before', async () => {
    const bench = createFakeVault({ mode: 'strict' });
    const { connectionId, refreshExpiresAtMs = 0 } = await bench.connect();
    const announcedAtMs: number[] = [];
    while (announcedAtMs.length === 0 && bench.clock.nowMs() < refreshExpiresAtMs) {
      const { dueAtMs = 0 } = await bench.stored(connectionId);
      bench.clock.setNowMs(Math.max(bench.clock.nowMs(), dueAtMs));
      await outageSince(bench, 6 * DAY_MS);
      await bench.rotate({ connectionId });
      const isThere = bench.events.published.some(({ event }) => event.type === 'Expiring Soon');
      if (isThere) announcedAtMs.push(bench.clock.nowMs());
    }
    const aheadMs = refreshExpiresAtMs - (announcedAtMs[0] ?? refreshExpiresAtMs);
    expect(aheadMs).toBeGreaterThanOrEqual(3 * DAY_MS);
    expect(aheadMs).toBeLessThanOrEqual(4 * DAY_MS);
  });
});
