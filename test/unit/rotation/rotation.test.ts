import { describe, expect, it } from 'vitest';
import { createFakeVault } from '../../support/fake-vault/fake-vault.ts';
import { injectFaults, type PortCall } from '../../support/faults/fault-proxy.ts';

const DAY_MS = 86_400_000;

describe('A rotation that goes well', () => {
  it('stores the successor as the next version, keeps the old token as previous and publishes the access token', async () => {
    const bench = createFakeVault();
    const { connectionId, token, generation } = await bench.connect();

    expect(await bench.fireDue(connectionId)).toEqual({ outcome: 'rotated' });

    const after = await bench.stored(connectionId);
    expect(after).toMatchObject({ version: 2, generation, state: 'active', sliding: 'yes', failures: 0 });
    expect(after.lease).toBeUndefined();
    expect(await bench.storedToken(connectionId, 'previous')).toBe(token.reveal());
    expect(bench.ims.ledger.isLive((await bench.storedToken(connectionId)) ?? '')).toBe(true);
    const record = await bench.accessTokens.read(connectionId, '*');
    expect(record).toMatchObject({ kind: 'token', generation, version: 2 });
  });

  it('is due about half-way through the refresh token’s life and leaves a stored due time', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    await bench.fireDue(connectionId);

    const after = await bench.stored(connectionId);
    const aheadMs = (after.dueAtMs ?? 0) - bench.clock.nowMs();
    expect(aheadMs).toBeGreaterThan(14 * DAY_MS * 0.44);
    expect(aheadMs).toBeLessThanOrEqual(14 * DAY_MS * 0.55);
    expect(bench.schedules.pending().some(({ name }) => name === after.schedule?.name)).toBe(true);
  });

  it('survives sixty days in every provider mode with one post a rotation', async () => {
    for (const mode of ['reuse', 'grace', 'strict', 'family'] as const) {
      const bench = createFakeVault({ mode });
      const { connectionId } = await bench.connect();
      const endMs = bench.clock.nowMs() + 60 * DAY_MS;
      while (((await bench.stored(connectionId)).dueAtMs ?? endMs) < endMs) await bench.fireDue(connectionId);
      expect((await bench.stored(connectionId)).state).toBe('active');
      expect(bench.ims.ledger.doubleSpends()).toEqual([]);
      expect(bench.ims.ledger.posts.length).toBeLessThanOrEqual(10);
    }
  });

  it('keeps the present token when IMS sends none back', async () => {
    const bench = createFakeVault({ successor: 'none' });
    const { connectionId, token } = await bench.connect();
    await bench.fireDue(connectionId);
    expect(await bench.storedToken(connectionId)).toBe(token.reveal());
    expect((await bench.stored(connectionId)).version).toBe(1);
  });

  it('keeps a successor that came without an access token', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    bench.ims.script({
      distort: (answer) => {
        if (answer.kind !== 'tokens') return answer;
        const { accessToken: _, ...rest } = answer.tokens;
        return { ...answer, tokens: { ...rest, anomalies: ['no_access_token'] } };
      },
    });
    expect(await bench.fireDue(connectionId)).toEqual({ outcome: 'rotated' });
    expect(bench.ims.ledger.isLive((await bench.storedToken(connectionId)) ?? '')).toBe(true);
    expect(await bench.accessTokens.read(connectionId, '*')).toBeUndefined();
  });

  it('notifies a caller at once when IMS sent no access token, and serves them with the next one', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    bench.clock.advance(DAY_MS);
    bench.ims.script({
      distort: (answer) => {
        if (answer.kind !== 'tokens') return answer;
        const { accessToken: _, ...rest } = answer.tokens;
        return { ...answer, tokens: rest };
      },
    });
    const vend = () =>
      bench.rotate({ connectionId, trigger: 'vend', requirement: { scopeSet: '*', minTtlSeconds: 300 } });
    expect(await vend()).toEqual({ outcome: 'unknown', retryAfterMs: 15_000 });
    bench.clock.advance(15_000);
    expect(await vend()).toEqual({ outcome: 'rotated' });
  });

  it('answers an early schedule by creating the next one and posts nothing', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    expect(await bench.rotate({ connectionId })).toEqual({ outcome: 'idle' });
    expect(bench.ims.ledger.posts).toEqual([]);
  });
});

describe('Only one run may post', () => {
  it('lets one of twenty concurrent runs post, and the losers touch no key', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    bench.clock.advance(8 * DAY_MS);
    const before = bench.sealing.counts.prepared;

    const outcomes = await Promise.all(Array.from({ length: 20 }, () => bench.rotate({ connectionId })));

    expect(outcomes.filter(({ outcome }) => outcome === 'rotated')).toHaveLength(1);
    expect(bench.ims.ledger.posts).toHaveLength(1);
    expect(bench.sealing.counts.prepared - before).toBe(2);
  });

  it('answers busy while another holds the lease, and creates a schedule for when it ends', async () => {
    const bench = createFakeVault();
    const connection = await bench.connect();
    bench.clock.advance(8 * DAY_MS);
    const lease = { runId: 'another', untilMs: bench.clock.nowMs() + 60_000 };
    await bench.connections.update({ expected: connection, changes: { lease } });

    const outcome = await bench.rotate({ connectionId: connection.connectionId });
    expect(outcome).toMatchObject({ outcome: 'busy' });
    expect(bench.ims.ledger.posts).toEqual([]);
    expect((await bench.stored(connection.connectionId)).schedule?.atMs).toBeGreaterThan(bench.clock.nowMs());
  });

  it('does not post when our clock differs from the store’s', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    bench.connections.setClockSkewMs(10_000);
    expect(await bench.fireDue(connectionId)).toMatchObject({ outcome: 'waiting', reason: 'clock-skew' });
    expect(bench.ims.ledger.posts).toEqual([]);
  });

  it('does not start what it could not finish', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    bench.clock.advance(8 * DAY_MS);
    const calls: PortCall[] = [];
    const connections = injectFaults(bench.connections, [], calls);
    const outcome = await bench.rotate({ connectionId }, { connections }, 20_000);
    expect(outcome).toMatchObject({ outcome: 'waiting', reason: 'out-of-time' });
    expect(calls.map(({ method }) => method)).not.toContain('claim');
    expect(bench.ims.ledger.posts).toEqual([]);
  });
});

describe('A caller that wants an access token', () => {
  const requirement = { scopeSet: '*', minTtlSeconds: 300 };

  it('gets already-fresh when the stored one is good enough', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    await bench.fireDue(connectionId);
    const outcome = await bench.rotate({ connectionId, trigger: 'vend', requirement });
    expect(outcome).toEqual({ outcome: 'already-fresh' });
    expect(bench.ims.ledger.posts).toHaveLength(1);
  });

  it('gets one forced refresh for a rejected token, then none for a minute', async () => {
    const bench = createFakeVault();
    const { connectionId, generation } = await bench.connect();
    await bench.fireDue(connectionId);
    bench.clock.advance(60_000);
    const reject = (version: number) =>
      bench.rotate({
        connectionId,
        trigger: 'vend',
        requirement: { ...requirement, rejected: { generation, version } },
      });
    expect(await reject(2)).toEqual({ outcome: 'rotated' });
    expect(await reject(2)).toEqual({ outcome: 'already-fresh' });
    bench.clock.advance(20_000);
    expect(await reject(3)).toMatchObject({ outcome: 'waiting', reason: 'forced-refresh-limit' });
    bench.clock.advance(60_000);
    expect(await reject(3)).toEqual({ outcome: 'rotated' });
  });

  it('does not touch Scheduler, and the old schedule finds nothing due', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    bench.clock.advance(DAY_MS);
    expect(await bench.rotate({ connectionId, trigger: 'vend', requirement })).toEqual({
      outcome: 'rotated',
    });
    expect(bench.schedules.calls).toEqual([]);
    const { schedule, dueAtMs } = await bench.stored(connectionId);
    expect(schedule?.atMs).toBeLessThan(dueAtMs ?? 0);

    bench.clock.setNowMs(schedule?.atMs ?? 0);
    expect(await bench.rotate({ connectionId })).toEqual({ outcome: 'idle' });
    expect(bench.ims.ledger.posts).toHaveLength(1);
    expect(bench.schedules.calls.at(-1)?.atMs).toBe(dueAtMs);
  });
});
