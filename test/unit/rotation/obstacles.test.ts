import { describe, expect, it } from 'vitest';
import type { ParkedSuccessor } from '../../../functions/core/rotation/parked-successor.ts';
import { createFakeVault, type FakeVault } from '../../support/fake-vault/fake-vault.ts';
import { exampleAccessToken } from '../../support/fakes/example-records.ts';
import { injectFaults, onCall, onEvery, replyLost, unreachable } from '../../support/faults/fault-proxy.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** What the connection of a user holds whose place another user's consent has just taken. */
async function connectInPlaceOfAnother(bench: FakeVault) {
  const gone = await bench.connect({ connectionId: 'gone', subject: 'gone@AdobeID', subjectKey: 'gone' });
  if (!gone.refresh) throw new Error('There is no refresh token.');
  return bench.connect({ revocations: [{ kind: 'refresh', token: gone.refresh, subjectKey: 'elsewhere' }] });
}

async function fireDueFor(bench: FakeVault, connectionId: string, durationMs: number): Promise<void> {
  const endMs = bench.clock.nowMs() + durationMs;
  for (let fired = 0; ((await bench.stored(connectionId)).dueAtMs ?? endMs) < endMs; fired += 1) {
    if (fired > 500) throw new Error('It fires without end.');
    await bench.fireDue(connectionId);
  }
}

describe('Tokens of another user that IMS does not revoke', () => {
  it('do not keep the new user’s connection from being rotated by its schedules', async () => {
    const bench = createFakeVault();
    const { connectionId } = await connectInPlaceOfAnother(bench);
    bench.ims.scriptRevoke(...Array.from({ length: 20_000 }, () => ({ kind: 'retry' }) as const));
    await fireDueFor(bench, connectionId, 10 * DAY_MS);
    expect((await bench.stored(connectionId)).version).toBeGreaterThan(1);
  });

  it('are given up once they have expired', async () => {
    const bench = createFakeVault();
    const { connectionId } = await connectInPlaceOfAnother(bench);
    bench.ims.scriptRevoke(...Array.from({ length: 20_000 }, () => ({ kind: 'retry' }) as const));
    await fireDueFor(bench, connectionId, 15 * DAY_MS);
    expect(await bench.stored(connectionId)).toMatchObject({ state: 'active', revocations: [] });
  });

  it('are not left in the cache by a redeemed code whose publishing was cut off', async () => {
    const bench = createFakeVault();
    const { connectionId, generation } = await connectInPlaceOfAnother(bench);
    const older = `${generation.slice(0, -1)}0`;
    const token = exampleAccessToken({ connectionId, generation: older, version: 7 });
    await bench.accessTokens.publish(token, 0);
    await bench.fireDue(connectionId);
    expect(await bench.accessTokens.read(connectionId, '*')).not.toMatchObject({ generation: older });
  });
});

describe('Breakers that cannot be read', () => {
  it.each(['STORE_UNAVAILABLE', 'ITEM_MALFORMED'] as const)(
    'cost no grant: with %s the rotation goes on',
    async (code) => {
      const bench = createFakeVault();
      const { connectionId } = await bench.connect();
      const breakers = injectFaults(bench.breakers, [unreachable(code, onEvery())]);
      expect(await bench.fireDue(connectionId, { breakers })).toEqual({ outcome: 'rotated' });
    },
  );
});

describe('A parked envelope that cannot be opened', () => {
  it('does not keep the token it was to replace from being posted', async () => {
    const bench = createFakeVault();
    const connection = await bench.connect();
    const { connectionId, generation, version } = connection;
    const forged: ParkedSuccessor = {
      connectionId,
      generation,
      version,
      sealed: new Uint8Array([1, 2, 3]),
      commitId: 'forged',
      parkedAtMs: bench.clock.nowMs(),
      refreshExpiresAtMs: bench.clock.nowMs() + 14 * DAY_MS,
      sliding: 'yes',
    };
    await bench.parking.park(forged);
    const lease = { runId: 'died', untilMs: bench.clock.nowMs() };
    await bench.connections.update({ expected: connection, changes: { lease } });
    expect(await bench.fireDue(connectionId)).toEqual({ outcome: 'rotated' });
    expect(bench.telemetry.total('ParkedEnvelopeRefused')).toBe(1);
  });
});

describe('Asked to wait', () => {
  it('longer than the token lives, a connection tries before its end', async () => {
    const bench = createFakeVault();
    const { connectionId, refreshExpiresAtMs = 0 } = await bench.connect();
    bench.clock.setNowMs(refreshExpiresAtMs - 10 * HOUR_MS);
    bench.ims.script({ answer: { kind: 'wait', retryAfterMs: DAY_MS } });
    expect(await bench.rotate({ connectionId })).toMatchObject({ outcome: 'waiting' });
    expect((await bench.stored(connectionId)).dueAtMs).toBeLessThan(refreshExpiresAtMs - HOUR_MS);
  });

  it('by a clock that is days ahead, a connection waits by the store’s', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    bench.clock.advance(8 * DAY_MS);
    const trueMs = bench.clock.nowMs();
    bench.clock.advance(3 * DAY_MS);
    bench.connections.setClockSkewMs(3 * DAY_MS);
    expect(await bench.rotate({ connectionId })).toMatchObject({ reason: 'clock-skew' });
    expect((await bench.stored(connectionId)).nextAttemptAtMs).toBeLessThanOrEqual(trueMs + 10 * MINUTE_MS);
  });
});

describe('A commit whose reply is lost', () => {
  it('leaves its schedule created', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    const connections = injectFaults(bench.connections, [
      replyLost('STORE_UNAVAILABLE', onCall('update', 1)),
    ]);
    await bench.fireDue(connectionId, { connections });
    const { schedule } = await bench.stored(connectionId);
    expect(bench.schedules.pending().map(({ name }) => name)).toContain(schedule?.name);
  });
});

describe('A successor that was overtaken', () => {
  it('waits in its parking place while the store cannot take it as alternate', async () => {
    const bench = createFakeVault({ mode: 'reuse' });
    const { connectionId } = await bench.connect();
    bench.ims.script({
      after: async () => {
        const present = await bench.stored(connectionId);
        const changes = { version: 2, commitIds: ['another-run'], lease: null } as const;
        await bench.connections.update({ expected: present, changes });
      },
    });
    const faults = [unreachable('STORE_UNAVAILABLE', onCall('update', 2))];
    const connections = injectFaults(bench.connections, faults);
    await bench.fireDue(connectionId, { connections });
    const [parked] = bench.parking.parked();
    if (!parked) throw new Error('Nothing was parked.');
    await bench.rotate({ connectionId, trigger: 'parked', parked });
    expect(await bench.storedToken(connectionId, 'alternate')).toBeDefined();
    expect(bench.parking.parked()).toEqual([]);
  });
});

describe('An end of life that was believed too early', () => {
  it('is no longer believed once the token has outlived it, and the token is not posted every minute', async () => {
    const bench = createFakeVault({
      mode: 'reuse',
      successor: 'none',
      rtea: false,
      refreshLifeMs: 300 * DAY_MS,
    });
    const { connectionId } = await bench.connect();
    const endMs = bench.clock.nowMs() + 60 * DAY_MS;
    while (((await bench.stored(connectionId)).dueAtMs ?? endMs) < endMs) {
      await bench.fireDue(connectionId);
      expect(bench.ims.ledger.posts.length).toBeLessThan(100);
    }
    const after = await bench.stored(connectionId);
    expect(after.state).toBe('active');
    expect(after.refreshExpiresAtMs).toBeGreaterThan(bench.clock.nowMs());
  });

  it('takes two refusals, not one, to be the end', async () => {
    const bench = createFakeVault({
      mode: 'reuse',
      successor: 'none',
      rtea: false,
      refreshLifeMs: 300 * DAY_MS,
    });
    const { connectionId, refreshExpiresAtMs = 0 } = await bench.connect();
    bench.clock.setNowMs(refreshExpiresAtMs);
    bench.ims.script({ answer: { kind: 'refused', error: 'access_denied' } });
    expect(await bench.rotate({ connectionId })).toMatchObject({ outcome: 'suspect' });
    expect(await bench.fireDue(connectionId)).toEqual({ outcome: 'rotated' });
  });
});

describe('A rotation for a caller after which the token may be used', () => {
  const request = { trigger: 'vend', requirement: { scopeSet: '*', minTtlSeconds: 300 } } as const;
  const GRACE_MS = 3 * HOUR_MS;

  it('by a crash of its process is noticed at the end of the lease, while the old token may still be good', async () => {
    const bench = createFakeVault({ mode: 'grace', graceMs: GRACE_MS });
    const { connectionId } = await bench.connect();
    bench.clock.advance(HOUR_MS);
    let dies = () => {};
    const died = new Promise<void>((resolve) => {
      dies = resolve;
    });
    const ims = injectFaults(bench.ims, [
      {
        kind: 'delay',
        when: onCall('refresh', 1),
        after: async () => {
          dies();
          await new Promise(() => undefined);
        },
      },
    ]);
    void bench.rotate({ connectionId, ...request }, { ims });
    await died;

    const { dueAtMs = Number.POSITIVE_INFINITY } = await bench.stored(connectionId);
    expect(dueAtMs - bench.clock.nowMs()).toBeLessThanOrEqual(63_000);
    bench.clock.advance(HOUR_MS);
    expect(await bench.rotate({ connectionId })).toEqual({ outcome: 'rotated' });
    expect(bench.ims.ledger.isLive((await bench.storedToken(connectionId)) ?? '')).toBe(true);
  });

  it('by a lost answer is tried again within minutes, not when rotation is due', async () => {
    const bench = createFakeVault({ mode: 'grace', graceMs: GRACE_MS });
    const { connectionId } = await bench.connect();
    bench.clock.advance(HOUR_MS);
    bench.ims.script({ lose: 'reset' }, { answer: { kind: 'unknown', reason: 'unreachable' } });
    expect(await bench.rotate({ connectionId, ...request })).toMatchObject({ outcome: 'unknown' });
    const before = bench.clock.nowMs();
    expect(await bench.fireDue(connectionId)).toEqual({ outcome: 'rotated' });
    expect(bench.clock.nowMs() - before).toBeLessThan(HOUR_MS);
  });

  it('never begins when preparing took so long that the answer could come after the kill', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    const opener = injectFaults(bench.deps.opener, [
      { kind: 'delay', when: onEvery('open'), before: () => bench.clock.advance(40_000) },
    ]);
    expect(await bench.fireDue(connectionId, { opener })).toMatchObject({ reason: 'out-of-time' });
    expect(bench.ims.ledger.posts).toEqual([]);
    expect((await bench.stored(connectionId)).lease).toBeUndefined();
    expect(await bench.fireDue(connectionId)).toEqual({ outcome: 'rotated' });
  });
});
