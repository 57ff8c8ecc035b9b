import { describe, expect, it } from 'vitest';
import type { Connection } from '../../../functions/core/connection/connection.ts';
import { refreshBinding } from '../../../functions/core/connection/sealed-token.ts';
import type { ParkedSuccessor } from '../../../functions/core/rotation/parked-successor.ts';
import { Secret } from '../../../functions/core/secret.ts';
import { createFakeVault, type FakeVault } from '../../support/fake-vault/fake-vault.ts';
import { injectFaults, onEvery, unreachable } from '../../support/faults/fault-proxy.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const GARBAGE = new Uint8Array([1, 2, 3]);

/** A store that takes claims but no other update. */
function stuck(bench: FakeVault) {
  return injectFaults(bench.connections, [unreachable('STORE_UNAVAILABLE', onEvery('update'))]);
}

function forgedFor(bench: FakeVault, connection: Connection): ParkedSuccessor {
  const { connectionId, generation, version } = connection;
  return {
    connectionId,
    generation,
    version,
    sealed: GARBAGE,
    commitId: 'forged-commit',
    parkedAtMs: bench.clock.nowMs(),
    refreshExpiresAtMs: bench.clock.nowMs() + 300 * DAY_MS,
    sliding: 'yes',
  };
}

describe('A forged envelope under the name that a real one would have', () => {
  it('gives way to a successor that has to be parked', async () => {
    const bench = createFakeVault();
    const connection = await bench.connect();
    const { connectionId } = connection;
    await bench.parking.park(forgedFor(bench, connection));
    expect(await bench.fireDue(connectionId, { connections: stuck(bench) })).toEqual({ outcome: 'parked' });
    expect(bench.telemetry.total('ParkedEnvelopeRefused')).toBe(1);
    expect(bench.telemetry.total('SuccessorLost')).toBe(0);

    bench.clock.advance(2 * MINUTE_MS);
    expect(await bench.rotate({ connectionId })).toEqual({ outcome: 'recovered' });
    expect(bench.ims.ledger.isLive((await bench.storedToken(connectionId)) ?? '')).toBe(true);
  });

  it('stays while the key that would show it for what it is cannot be used', async () => {
    const bench = createFakeVault();
    const connection = await bench.connect();
    await bench.parking.park(forgedFor(bench, connection));
    const opener = injectFaults(bench.deps.opener, [
      unreachable('KEY_UNAVAILABLE', ({ args }) => isMalformed(args[0])),
    ]);
    await bench.fireDue(connection.connectionId, { connections: stuck(bench), opener });
    expect(bench.parking.parked()).toMatchObject([{ commitId: 'forged-commit' }]);
  });

  it('does not replace a genuine successor', async () => {
    const bench = createFakeVault({ mode: 'reuse' });
    const connection = await bench.connect();
    const { connectionId } = connection;
    const genuine = { ...forgedFor(bench, connection), sealed: await sealedFor(bench, connection, 2) };
    await bench.parking.park(genuine);
    const connections = injectFaults(bench.connections, [
      unreachable('STORE_UNAVAILABLE', ({ method, number }) => method === 'update' && number < 9),
    ]);
    expect(await bench.fireDue(connectionId, { connections })).toEqual({ outcome: 'rotated' });
    expect(bench.parking.parked()).toMatchObject([{ commitId: 'forged-commit' }]);
  });

  it('does not keep a disconnected grant from being revoked', async () => {
    const bench = createFakeVault();
    const connection = await bench.connect();
    const { connectionId, refresh, token: _, ...rest } = connection;
    if (!refresh) throw new Error('There is no refresh token.');
    await bench.parking.park(forgedFor(bench, connection));
    await bench.connections.replaceGeneration({
      ...rest,
      connectionId,
      generation: `${connection.generation.slice(0, -1)}Z`,
      state: 'disconnecting',
      revocations: [{ kind: 'refresh', token: refresh }],
    });
    expect(await bench.rotate({ connectionId, trigger: 'disconnect' })).toEqual({ outcome: 'disconnected' });
    expect(bench.ims.ledger.liveRefreshTokens()).toEqual([]);
    expect(bench.parking.parked()).toEqual([]);
  });
});

describe('A genuine successor in an envelope whose other facts were changed', () => {
  it.each([
    ['a life of years', { refreshExpiresAtMs: Date.UTC(2100, 0, 1) }],
    ['an end in the past', { refreshExpiresAtMs: 0 }],
    ['an hour that has not come', { parkedAtMs: Date.UTC(2100, 0, 1) }],
    ['an end that cannot be put off', { sliding: 'no', refreshExpiresAtMs: 0 }],
  ] as const)('%s: is rotated in time all the same', async (_, changes) => {
    const bench = createFakeVault({ rtea: false });
    const { connectionId } = await bench.connect();
    await bench.fireDue(connectionId, { connections: stuck(bench) });
    const [parked] = bench.parking.parked();
    if (!parked) throw new Error('Nothing was parked.');
    await bench.rotate({ connectionId, trigger: 'parked', parked: { ...parked, ...changes } });
    const { refreshExpiresAtMs = 0, rotatedAtMs = 0, dueAtMs = 0 } = await bench.stored(connectionId);
    const nowMs = bench.clock.nowMs();
    expect(refreshExpiresAtMs - nowMs).toBeGreaterThanOrEqual(HOUR_MS);
    expect(refreshExpiresAtMs - nowMs).toBeLessThanOrEqual(14 * DAY_MS);
    expect(rotatedAtMs).toBeLessThanOrEqual(nowMs);
    expect(dueAtMs - nowMs).toBeLessThanOrEqual(8 * DAY_MS);
    const outcome = await bench.fireDue(connectionId);
    // The warning about a connection that expires comes before the next attempt.
    expect(outcome.outcome === 'idle' ? await bench.fireDue(connectionId) : outcome).toEqual({
      outcome: 'rotated',
    });
  });

  it('a stale one comes back later: nothing is overwritten', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    await bench.fireDue(connectionId, { connections: stuck(bench) });
    const [parked] = bench.parking.parked();
    if (!parked) throw new Error('Nothing was parked.');
    await bench.rotate({ connectionId, trigger: 'parked', parked });
    await bench.fireDue(connectionId);
    const before = await bench.stored(connectionId);
    expect(await bench.rotate({ connectionId, trigger: 'parked', parked })).toEqual({
      outcome: 'superseded',
    });
    expect(await bench.stored(connectionId)).toEqual(before);
  });

  it('one of an earlier consent changes nothing of the present one', async () => {
    const bench = createFakeVault();
    const first = await bench.connect();
    const { connectionId } = first;
    await bench.fireDue(connectionId, { connections: stuck(bench) });
    const [parked] = bench.parking.parked();
    if (!parked) throw new Error('Nothing was parked.');
    await bench.connect({ generation: `${first.generation.slice(0, -1)}Z` });
    const before = await bench.stored(connectionId);
    expect(await bench.rotate({ connectionId, trigger: 'parked', parked })).toEqual({
      outcome: 'superseded',
    });
    expect(await bench.stored(connectionId)).toEqual(before);
    expect(bench.ims.ledger.revocations).toEqual([]);
  });
});

describe('A present token whose seal is broken', () => {
  it.each(['reuse', 'grace'] as const)(
    'is replaced through its parent after a day, where IMS is %s',
    async (mode) => {
      const bench = createFakeVault({ mode, graceMs: 30 * DAY_MS });
      const { connectionId } = await rotatedThenBroken(bench);
      const outcomes = await runForADay(bench, connectionId);
      expect(outcomes.slice(0, -1).every(({ outcome }) => outcome === 'degraded')).toBe(true);
      expect(outcomes.at(-1)).toEqual({ outcome: 'rotated' });
      expect(await bench.stored(connectionId)).toMatchObject({ state: 'active', version: 3 });
      expect((await bench.stored(connectionId)).degraded).toBeUndefined();
      expect(bench.events.published.map(({ event }) => event.type)).toEqual(['Degraded', 'Recovered']);
    },
  );

  it.each(['strict', 'family'] as const)(
    'stays degraded, and is not called revoked, where IMS is %s',
    async (mode) => {
      const bench = createFakeVault({ mode });
      const { connectionId } = await rotatedThenBroken(bench);
      const posts = bench.ims.ledger.posts.length;
      const outcomes = [
        ...(await runForADay(bench, connectionId)),
        ...(await runForADay(bench, connectionId)),
      ];
      expect(outcomes.every(({ outcome }) => outcome === 'degraded')).toBe(true);
      expect(bench.ims.ledger.posts).toHaveLength(posts + 1);
      expect(await bench.stored(connectionId)).toMatchObject({
        state: 'active',
        degraded: { code: 'seal_broken' },
        evidence: { count: 0, tried: ['previous'] },
      });
      expect(bench.telemetry.total('ConnectionDegraded', { reason: 'seal_broken' })).toBeGreaterThan(3);
    },
  );

  it('is the one that is posted again when an operator brings it back', async () => {
    const bench = createFakeVault();
    const { connectionId, whole } = await rotatedThenBroken(bench);
    await bench.fireDue(connectionId);
    bench.clock.advance(2 * DAY_MS);
    await bench.connections.update({ expected: whole, changes: { refresh: whole.refresh ?? null } });
    expect(await bench.rotate({ connectionId })).toEqual({ outcome: 'rotated' });
  });

  it('does not use up its parent’s one attempt while IMS refuses every connection', async () => {
    const bench = createFakeVault();
    const { connectionId } = await rotatedThenBroken(bench);
    await bench.fireDue(connectionId);
    bench.clock.advance(DAY_MS);
    const atMs = bench.clock.nowMs() - MINUTE_MS;
    const recent = [1, 2, 3, 4, 5, 6].map(
      (one) => ({ connection: `c${one}`, kind: 'refused', atMs }) as const,
    );
    await bench.breakers.write({ revision: 0, recent });
    const posts = bench.ims.ledger.posts.length;
    expect(await bench.fireDue(connectionId)).toMatchObject({ outcome: 'degraded' });
    expect(bench.ims.ledger.posts).toHaveLength(posts);
  });
});

/** A connection that was rotated once, so that it has a parent, and whose present token then breaks. */
async function rotatedThenBroken(bench: FakeVault) {
  const { connectionId } = await bench.connect();
  await bench.fireDue(connectionId);
  const whole = await bench.stored(connectionId);
  const { generation, version } = whole;
  await bench.connections.update({
    expected: whole,
    changes: { refresh: { generation, version, sealed: GARBAGE } },
  });
  return { connectionId, whole };
}

async function runForADay(bench: FakeVault, connectionId: string) {
  const endsAtMs = bench.clock.nowMs() + DAY_MS + 8 * HOUR_MS;
  // The operator asks early: a parent barely outlives the next scheduled rotation.
  const outcomes = [await bench.rotate({ connectionId, trigger: 'operator' })];
  while (bench.clock.nowMs() < endsAtMs && outcomes.at(-1)?.outcome === 'degraded') {
    outcomes.push(await bench.fireDue(connectionId));
  }
  return outcomes;
}

async function sealedFor(bench: FakeVault, connection: Connection, version: number): Promise<Uint8Array> {
  const { connectionId, clientId, generation } = connection;
  const seal = await bench.deps.sealer.prepare({ purpose: 'refresh', connectionId, clientId });
  return seal.seal(new Secret('another-successor'), refreshBinding(connection, { generation, version }));
}

function isMalformed(sealed: unknown): boolean {
  return sealed instanceof Uint8Array && sealed.length === GARBAGE.length;
}

describe('A token under a key that this deployment does not name', () => {
  const unknownKey = (bench: FakeVault) =>
    injectFaults(bench.deps.opener, [unreachable('KEY_UNKNOWN', onEvery('open'))]);

  it('that is parked keeps its place, and nothing is posted over it, until the key is back', async () => {
    const bench = createFakeVault({ mode: 'family' });
    const { connectionId } = await bench.connect();
    expect(await bench.fireDue(connectionId, { connections: stuck(bench) })).toEqual({ outcome: 'parked' });
    const [parked] = bench.parking.parked();
    if (!parked) throw new Error('Nothing was parked.');
    bench.clock.advance(2 * MINUTE_MS);
    const opener = unknownKey(bench);
    const waiting = { outcome: 'waiting', reason: 'key-unavailable' };
    expect(await bench.rotate({ connectionId, trigger: 'parked', parked }, { opener })).toMatchObject(
      waiting,
    );
    expect(await bench.rotate({ connectionId }, { opener })).toMatchObject(waiting);
    expect(bench.telemetry.total('RotationWaits', { reason: 'key-unavailable' })).toBe(1);
    expect(bench.telemetry.total('ParkedEnvelopeRefused')).toBe(2);
    expect(bench.ims.ledger.posts).toHaveLength(1);
    expect((await bench.stored(connectionId)).dueAtMs).toBeGreaterThan(bench.clock.nowMs());
    expect(await bench.rotate({ connectionId, trigger: 'parked', parked })).toEqual({ outcome: 'recovered' });
    expect(bench.ims.ledger.doubleSpends()).toEqual([]);
  });

  it('that is to be revoked waits with the lease given back: it starts neither a rotation nor a loop', async () => {
    const bench = createFakeVault();
    const { token: _, ...connection } = await bench.connect();
    const { connectionId, refresh } = connection;
    if (refresh === undefined) throw new Error('There is no refresh token.');
    const pending = { kind: 'refresh', token: refresh, subjectKey: 'key-of-another-user' } as const;
    await bench.connections.update({ expected: connection, changes: { revocations: [pending] } });
    expect(await bench.rotate({ connectionId }, { opener: unknownKey(bench) })).toMatchObject({
      outcome: 'busy',
    });
    const after = await bench.stored(connectionId);
    expect(after).not.toHaveProperty('lease');
    expect(after.revocations).toEqual([pending]);
    expect(bench.ims.ledger.posts).toEqual([]);
    expect(await bench.rotate({ connectionId })).toMatchObject({ outcome: 'idle' });
    expect((await bench.stored(connectionId)).revocations).toEqual([]);
  });

  it('is waited for, however long: the token is intact, and no parent is posted in its place', async () => {
    const bench = createFakeVault({ mode: 'family' });
    const { connectionId } = await bench.connect();
    await bench.fireDue(connectionId);
    const opener = injectFaults(bench.deps.opener, [unreachable('KEY_UNKNOWN', onEvery('open'))]);
    for (let day = 0; day < 3; day++) {
      expect(await bench.fireDue(connectionId, { opener })).toMatchObject({ reason: 'key-unavailable' });
      bench.clock.advance(DAY_MS);
    }
    const stored = await bench.stored(connectionId);
    expect(stored).toMatchObject({ state: 'active' });
    expect(stored).not.toHaveProperty('degraded');
    expect(await bench.fireDue(connectionId)).toEqual({ outcome: 'rotated' });
    expect(bench.ims.ledger.doubleSpends()).toEqual([]);
  });
});
