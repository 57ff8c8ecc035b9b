import { describe, expect, it } from 'vitest';
import type { ParkedSuccessor } from '../../../functions/core/rotation/parked-successor.ts';
import { createFakeVault, type FakeVault } from '../../support/fake-vault/fake-vault.ts';
import { injectFaults, onCall, onEvery, replyLost, unreachable } from '../../support/faults/fault-proxy.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** A rotation whose commit the store never takes: the successor ends up parked. */
async function parkOne(bench: FakeVault, connectionId: string): Promise<ParkedSuccessor> {
  const connections = injectFaults(bench.connections, [unreachable('STORE_UNAVAILABLE', onEvery('update'))]);
  const outcome = await bench.fireDue(connectionId, { connections });
  expect(outcome).toEqual({ outcome: 'parked' });
  const [parked] = bench.parking.parked();
  if (!parked) throw new Error('Nothing was parked.');
  return parked;
}

/** A commit is the one update that stores a commit id. */
function isCommit(update: unknown): boolean {
  return JSON.stringify(update).includes('commitIds');
}

describe('A commit whose reply is lost', () => {
  it('is recognised as its own success', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    const connections = injectFaults(bench.connections, [
      replyLost('STORE_UNAVAILABLE', onCall('update', 1)),
    ]);
    expect(await bench.fireDue(connectionId, { connections })).toEqual({ outcome: 'rotated' });
    expect((await bench.stored(connectionId)).version).toBe(2);
    expect(bench.parking.parked()).toEqual([]);
  });
});

describe('A successor the store does not take', () => {
  it('is parked, sealed, and recovered by the schedule that carries it', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    const parked = await parkOne(bench, connectionId);
    expect(Buffer.from(parked.sealed).toString()).not.toContain('refresh-token');

    const outcome = await bench.rotate({ connectionId, trigger: 'parked', parked });
    expect(outcome).toEqual({ outcome: 'recovered' });
    expect(bench.ims.ledger.isLive((await bench.storedToken(connectionId)) ?? '')).toBe(true);
    expect(bench.parking.parked()).toEqual([]);
    expect(await bench.stored(connectionId)).toMatchObject({ version: 2, state: 'active' });
  });

  it('is found by the next claimer after the lease ran out, before anything is posted', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    await parkOne(bench, connectionId);
    bench.clock.advance(2 * MINUTE_MS);
    expect(await bench.rotate({ connectionId })).toEqual({ outcome: 'recovered' });
    expect(bench.ims.ledger.posts).toHaveLength(1);
  });

  it('is not lost by a warning that comes while Scheduler does not answer', async () => {
    const bench = createFakeVault({ mode: 'family' });
    const nowMs = bench.clock.nowMs();
    const life = { refreshExpiresAtMs: nowMs + 4 * DAY_MS, rotateAtMs: nowMs, dueAtMs: nowMs };
    const { connectionId, token: _, ...connection } = await bench.connect({ sliding: 'no', ...life });
    const update = unreachable('STORE_UNAVAILABLE', onEvery('update'));
    await bench.rotate({ connectionId }, { connections: injectFaults(bench.connections, [update]) });
    expect(bench.parking.parked()).toHaveLength(1);
    bench.clock.advance(2 * MINUTE_MS);
    const later = { nextAttemptAtMs: bench.clock.nowMs() + MINUTE_MS };
    await bench.connections.update({ expected: { ...connection, connectionId }, changes: later });
    expect(await bench.rotate({ connectionId })).toEqual({ outcome: 'idle' });
    bench.clock.advance(MINUTE_MS);
    await bench.fireDue(connectionId);
    expect(bench.ims.ledger.doubleSpends()).toEqual([]);
    expect(await bench.stored(connectionId)).toMatchObject({ version: 2 });
  });

  it('holds every process back while Scheduler cannot say whether it is parked', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    await parkOne(bench, connectionId);
    bench.clock.advance(2 * MINUTE_MS);
    const parking = injectFaults(bench.parking, [unreachable('SCHEDULER_UNAVAILABLE', onEvery('find'))]);
    expect(await bench.rotate({ connectionId }, { parking })).toMatchObject({ outcome: 'waiting' });
    expect(bench.ims.ledger.posts).toHaveLength(1);
  });

  it('goes into the table after all when parking fails and the store returns in time', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    const startedAt = bench.clock.monotonicMs();
    const connections = injectFaults(bench.connections, [
      unreachable(
        'STORE_UNAVAILABLE',
        ({ method }) => method === 'update' && bench.clock.monotonicMs() - startedAt < 20_000,
      ),
    ]);
    const parking = injectFaults(bench.parking, [unreachable('SCHEDULER_UNAVAILABLE', onEvery('park'))]);
    expect(await bench.fireDue(connectionId, { connections, parking })).toEqual({ outcome: 'rotated' });
  });

  it('is parked in time even when the answer came at the last moment', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    const startedAt = bench.clock.monotonicMs();
    const slowAnswerMs = 44_000;
    bench.ims.script({ after: async () => bench.clock.advance(slowAnswerMs) });
    const connections = injectFaults(bench.connections, [
      unreachable('STORE_UNAVAILABLE', ({ method, args }) => method === 'update' && isCommit(args[0])),
    ]);
    const parkedAt: number[] = [];
    const parking = injectFaults(bench.parking, [
      {
        kind: 'delay',
        when: onEvery('park'),
        before: () => void parkedAt.push(bench.clock.monotonicMs() - startedAt),
      },
    ]);
    expect(await bench.fireDue(connectionId, { connections, parking })).toEqual({ outcome: 'parked' });
    const secondsLeft = 55 - (parkedAt[0] ?? 55_000) / 1_000;
    expect(secondsLeft).toBeGreaterThanOrEqual(3.5);
  });

  it('that could not be stored anywhere is an incident, not a warning', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    const connections = injectFaults(bench.connections, [
      unreachable('STORE_UNAVAILABLE', onEvery('update')),
    ]);
    const parking = injectFaults(bench.parking, [unreachable('SCHEDULER_UNAVAILABLE', onEvery('park'))]);
    await bench.fireDue(connectionId, { connections, parking });
    expect(bench.telemetry.total('SuccessorLost')).toBe(1);
    expect(bench.telemetry.leaksOf(bench.ims.ledger.issued())).toEqual([]);
  });
});

describe('A parked envelope', () => {
  it('that was tampered with is refused and changes nothing', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    const parked = await parkOne(bench, connectionId);
    const before = await bench.stored(connectionId);
    for (const forged of [
      { ...parked, sealed: new Uint8Array([1, 2, 3]) },
      { ...parked, version: parked.version + 1 },
      { ...parked, generation: `${parked.generation.slice(0, -1)}0` },
    ]) {
      await bench.rotate({ connectionId, trigger: 'parked', parked: forged });
      expect(await bench.stored(connectionId)).toEqual(before);
    }
    expect(bench.telemetry.total('ParkedEnvelopeRefused')).toBe(3);
    expect(bench.parking.parked()).toHaveLength(1);
  });

  it('for another connection is refused', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    const other = await bench.connect({ connectionId: 'other.user' });
    const parked = await parkOne(bench, connectionId);
    const foreign = { ...parked, connectionId: other.connectionId };
    await bench.rotate({ connectionId: other.connectionId, trigger: 'parked', parked: foreign });
    expect((await bench.stored(other.connectionId)).version).toBe(1);
  });

  it('that arrives twice is recovered once', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    const parked = await parkOne(bench, connectionId);
    await bench.rotate({ connectionId, trigger: 'parked', parked });
    const recovered = await bench.stored(connectionId);
    expect(await bench.rotate({ connectionId, trigger: 'parked', parked })).toEqual({
      outcome: 'superseded',
    });
    expect(await bench.stored(connectionId)).toEqual(recovered);
  });

  it('whose rival was committed is kept as alternate', async () => {
    const bench = createFakeVault({ mode: 'reuse' });
    const { connectionId } = await bench.connect();
    const parked = await parkOne(bench, connectionId);
    const present = await bench.stored(connectionId);
    const changes = { version: 2, commitIds: ['another-run'], lease: null } as const;
    await bench.connections.update({ expected: present, changes });
    await bench.rotate({ connectionId, trigger: 'parked', parked });
    expect(await bench.storedToken(connectionId, 'alternate')).toBeDefined();
    expect(bench.parking.parked()).toEqual([]);
  });
});

describe('A rotation overtaken by', () => {
  it('a new consent of the same user lets its successor expire', async () => {
    const bench = createFakeVault();
    const first = await bench.connect();
    bench.ims.script({
      after: async () => void (await bench.connect({ generation: `${first.generation.slice(0, -1)}Z` })),
    });
    expect(await bench.fireDue(first.connectionId)).toEqual({ outcome: 'superseded' });
    const now = await bench.stored(first.connectionId);
    expect(now).toMatchObject({ version: 1, state: 'active', revocations: [] });
    expect(bench.ims.ledger.revocations).toEqual([]);
  });

  it('a new consent of an unknown user lets its successor expire: revoking it could end the new grant', async () => {
    const bench = createFakeVault();
    const first = await bench.connect();
    bench.ims.script({
      after: async () => {
        const {
          subject: _,
          subjectKey: __,
          token: ___,
          schedule: ____,
          dueAtMs: _____,
          ...anonymous
        } = first;
        const generation = `${first.generation.slice(0, -1)}Z`;
        await bench.connections.replaceGeneration({ ...anonymous, generation });
      },
    });
    await bench.fireDue(first.connectionId);
    expect(await bench.stored(first.connectionId)).toMatchObject({ state: 'active', revocations: [] });
  });

  it('a disconnect hands its successor to the revocations, and IMS revokes it', async () => {
    const bench = createFakeVault();
    const first = await bench.connect();
    const { refresh } = first;
    if (!refresh) throw new Error('There is no refresh token.');
    const generation = `${first.generation.slice(0, -1)}Z`;
    bench.ims.script({
      after: async () => {
        const { token: _, refresh: __, rotateAtMs: ___, ...rest } = first;
        const revocations = [
          { kind: 'refresh', token: refresh, subjectKey: first.subjectKey ?? '' },
        ] as const;
        await bench.connections.replaceGeneration({
          ...rest,
          generation,
          version: 0,
          state: 'disconnecting',
          revocations,
        });
      },
    });
    await bench.fireDue(first.connectionId);
    while ((await bench.stored(first.connectionId)).state !== 'disconnected') {
      await bench.fireDue(first.connectionId);
    }
    expect(bench.ims.ledger.liveRefreshTokens()).toEqual([]);
    expect(bench.ims.ledger.revocations).toHaveLength(2);
  });
});
