import { describe, expect, it } from 'vitest';
import type { Connection } from '../../../functions/core/connection/connection.ts';
import { disconnectingConnection } from '../../../functions/core/connection/disconnect.ts';
import type { ConnectionStore, ConnectionUpdate } from '../../../functions/core/ports/connections.ts';
import type { ParkedSuccessor } from '../../../functions/core/rotation/parked-successor.ts';
import { createFakeVault, type FakeVault } from '../../support/fake-vault/fake-vault.ts';
import { injectFaults, onCall, onEvery, replyLost, unreachable } from '../../support/faults/fault-proxy.ts';

const MINUTE_MS = 60_000;

function later({ generation }: Connection): string {
  return `${generation.slice(0, -1)}Z`;
}

/** A store where another write keeps coming first, as long as `busy` says so. */
function contended(
  bench: FakeVault,
  touches: (update: ConnectionUpdate) => boolean,
  busy: () => boolean = () => true,
): ConnectionStore {
  const update: ConnectionStore['update'] = async (update) =>
    touches(update) && busy() ? 'conflict' : bench.connections.update(update);
  return { ...bench.connections, update };
}

function handsOver({ changes }: ConnectionUpdate): boolean {
  return (changes.revocations?.length ?? 0) > 0;
}

function keepsAlternate({ changes }: ConnectionUpdate): boolean {
  return Boolean(changes.alternate);
}

/** The user disconnects between Adobe's answer and the commit. */
async function disconnect(bench: FakeVault, { token: _, ...connection }: Connection & { token?: unknown }) {
  const nowMs = bench.clock.nowMs();
  const stored = await bench.stored(connection.connectionId);
  await bench.connections.replaceGeneration(disconnectingConnection(stored, later(connection), nowMs));
}

/** A successor that the store did not take and Scheduler holds. */
async function parkOne(bench: FakeVault, connectionId: string): Promise<ParkedSuccessor> {
  const connections = injectFaults(bench.connections, [unreachable('STORE_UNAVAILABLE', onEvery('update'))]);
  expect(await bench.fireDue(connectionId, { connections })).toEqual({ outcome: 'parked' });
  const [parked] = bench.parking.parked();
  if (!parked) throw new Error('Nothing was parked.');
  return parked;
}

async function untilDisconnected(bench: FakeVault, connectionId: string): Promise<void> {
  for (let fired = 0; fired < 10; fired += 1) {
    if ((await bench.stored(connectionId)).state === 'disconnected') return;
    await bench.fireDue(connectionId);
  }
  throw new Error('The connection does not end.');
}

describe('A successor that a disconnect overtook', () => {
  it('is parked while other writes come first, and revoked once its schedule gets through', async () => {
    const bench = createFakeVault();
    const connection = await bench.connect();
    const { connectionId } = connection;
    bench.ims.script({ after: () => disconnect(bench, connection) });
    const connections = contended(bench, handsOver);
    expect(await bench.fireDue(connectionId, { connections })).toEqual({ outcome: 'parked' });
    const [parked] = bench.parking.parked();
    if (!parked) throw new Error('Nothing was parked.');
    await bench.rotate({ connectionId, trigger: 'parked', parked });
    await untilDisconnected(bench, connectionId);
    expect(bench.ims.ledger.liveRefreshTokens()).toEqual([]);
    expect(bench.parking.parked()).toEqual([]);
  });

  it('is settled after all when its parking place is taken and the other writers stop', async () => {
    const bench = createFakeVault();
    const connection = await bench.connect();
    const { connectionId } = connection;
    bench.ims.script({ after: () => disconnect(bench, connection) });
    const startedAt = bench.clock.monotonicMs();
    const connections = contended(bench, handsOver, () => bench.clock.monotonicMs() - startedAt < 10_000);
    const parking = { ...bench.parking, park: async () => 'occupied' as const };
    expect(await bench.fireDue(connectionId, { connections, parking })).toEqual({ outcome: 'superseded' });
    await untilDisconnected(bench, connectionId);
    expect(bench.ims.ledger.liveRefreshTokens()).toEqual([]);
    expect(bench.telemetry.total('SuccessorLost')).toBe(0);
  });

  it('counts as lost when nothing took it before the time was up', async () => {
    const bench = createFakeVault();
    const connection = await bench.connect();
    bench.ims.script({ after: () => disconnect(bench, connection) });
    const parking = injectFaults(bench.parking, [unreachable('SCHEDULER_UNAVAILABLE', onEvery('park'))]);
    const replaced = { connections: contended(bench, handsOver), parking };
    expect(await bench.fireDue(connection.connectionId, replaced)).toMatchObject({ outcome: 'unknown' });
    expect(bench.telemetry.total('SuccessorLost')).toBe(1);
  });

  it('is pending once when the write was stored and its reply lost', async () => {
    const bench = createFakeVault();
    const connection = await bench.connect();
    const { connectionId } = connection;
    bench.ims.script({ after: () => disconnect(bench, connection) });
    const connections = injectFaults(bench.connections, [
      replyLost('STORE_UNAVAILABLE', onCall('update', 2)),
    ]);
    const parking = injectFaults(bench.parking, [unreachable('SCHEDULER_UNAVAILABLE', onCall('park', 1))]);
    expect(await bench.fireDue(connectionId, { connections, parking })).toEqual({ outcome: 'superseded' });
    expect((await bench.stored(connectionId)).revocations).toHaveLength(2);
  });
});

describe('A parked successor that cannot be handed over yet', () => {
  it('keeps the schedule that carries it', async () => {
    const bench = createFakeVault();
    const connection = await bench.connect();
    const { connectionId } = connection;
    const parked = await parkOne(bench, connectionId);
    await disconnect(bench, connection);
    const connections = contended(bench, handsOver);
    const request = { connectionId, trigger: 'parked', parked } as const;
    expect(await bench.rotate(request, { connections })).toEqual({
      outcome: 'busy',
      retryAfterMs: MINUTE_MS,
    });
    expect(bench.parking.parked()).toHaveLength(1);
    expect(await bench.rotate(request)).toMatchObject({ outcome: 'superseded' });
    expect(bench.parking.parked()).toEqual([]);
    await untilDisconnected(bench, connectionId);
    expect(bench.ims.ledger.liveRefreshTokens()).toEqual([]);
  });

  it('keeps its schedule also where it would become the alternate', async () => {
    const bench = createFakeVault({ mode: 'reuse' });
    const { connectionId } = await bench.connect();
    const parked = await parkOne(bench, connectionId);
    const rival = { version: 2, commitIds: ['another-run'], lease: null } as const;
    await bench.connections.update({ expected: await bench.stored(connectionId), changes: rival });
    const request = { connectionId, trigger: 'parked', parked } as const;
    const connections = contended(bench, keepsAlternate);
    expect(await bench.rotate(request, { connections })).toMatchObject({ outcome: 'busy' });
    expect(bench.parking.parked()).toHaveLength(1);
    await bench.rotate(request);
    expect(await bench.storedToken(connectionId, 'alternate')).toBeDefined();
  });

  it('is revoked when a disconnect comes while it would become the alternate', async () => {
    const bench = createFakeVault({ mode: 'reuse' });
    const connection = await bench.connect();
    const { connectionId } = connection;
    const parked = await parkOne(bench, connectionId);
    const rival = { version: 2, commitIds: ['another-run'], lease: null } as const;
    await bench.connections.update({ expected: await bench.stored(connectionId), changes: rival });
    const update: ConnectionStore['update'] = async (update) => {
      if (keepsAlternate(update)) await disconnect(bench, connection);
      return bench.connections.update(update);
    };
    const connections = { ...bench.connections, update };
    await bench.rotate({ connectionId, trigger: 'parked', parked }, { connections });
    const { revocations } = await bench.stored(connectionId);
    expect(revocations.map(({ token }) => token.sealed)).toContainEqual(parked.sealed);
  });
});

describe('The owner that a parked input names', () => {
  async function afterConsentAgain(bench: FakeVault) {
    const connection = await bench.connect();
    const parked = await parkOne(bench, connection.connectionId);
    bench.clock.advance(2 * MINUTE_MS);
    await bench.connect({ generation: later(connection), connectedAtMs: bench.clock.nowMs() });
    return parked;
  }

  async function forge(bench: FakeVault, forged: ParkedSuccessor): Promise<void> {
    const { connectionId } = forged;
    await bench.rotate({ connectionId, trigger: 'parked', parked: forged });
    for (let runs = 0; runs < 3; runs += 1) {
      bench.clock.advance(2 * MINUTE_MS);
      await bench.rotate({ connectionId });
    }
  }

  it.each([
    ['another user', { subjectKey: 'another-user' }],
    [
      'another user, with a proof that fits nothing',
      { subjectKey: 'another-user', ownerProof: 'x'.repeat(43) },
    ],
  ])('does not get the living grant revoked when it is %s', async (_, changes) => {
    const bench = createFakeVault({ revocationScope: 'user' });
    const parked = await afterConsentAgain(bench);
    await forge(bench, { ...parked, ...changes });
    const token = await bench.storedToken(parked.connectionId);
    expect(bench.ims.ledger.revocations).toEqual([]);
    expect(bench.ims.ledger.isLive(token ?? '')).toBe(true);
    expect(bench.telemetry.total('ParkedEnvelopeRefused')).toBe(1);
  });

  it('does not get another connection of the same user revoked when it is left out', async () => {
    const bench = createFakeVault({ revocationScope: 'user' });
    const connection = await bench.connect();
    const parked = await parkOne(bench, connection.connectionId);
    await bench.connect({ connectionId: 'acme.the-same-user' });
    await disconnect(bench, connection);
    const { subjectKey: _, ...forged } = parked;
    await forge(bench, forged);
    const token = await bench.storedToken('acme.the-same-user');
    expect(bench.ims.ledger.isLive(token ?? '')).toBe(true);
  });

  it('does not matter to a recovery', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    const { ownerProof: _, ...parked } = await parkOne(bench, connectionId);
    expect(await bench.rotate({ connectionId, trigger: 'parked', parked })).toEqual({ outcome: 'recovered' });
  });

  it('is believed with its proof: the successor of the replaced user is revoked', async () => {
    const bench = createFakeVault();
    const connection = await bench.connect();
    const parked = await parkOne(bench, connection.connectionId);
    const another = { subject: 'another@AdobeID', subjectKey: 'another-user' };
    await bench.connect({ generation: later(connection), ...another });
    await bench.rotate({ connectionId: connection.connectionId, trigger: 'parked', parked });
    const { revocations } = await bench.stored(connection.connectionId);
    expect(revocations).toEqual([
      {
        kind: 'refresh',
        token: expect.objectContaining({ sealed: parked.sealed }),
        subjectKey: parked.subjectKey,
      },
    ]);
  });
});

describe('A revocation whose end other writes keep from being stored', () => {
  it('is busy, not idle, and still pending', async () => {
    const bench = createFakeVault();
    const { token: _, ...connection } = await bench.connect();
    const { connectionId, generation, refresh } = connection;
    if (!refresh) throw new Error('There is no refresh token.');
    const pending = { kind: 'refresh', token: { ...refresh, version: 7 }, subjectKey: 'another' } as const;
    await bench.connections.update({ expected: connection, changes: { revocations: [pending] } });
    const connections = contended(bench, ({ changes }) => changes.lease === null);
    expect(await bench.rotate({ connectionId }, { connections })).toMatchObject({ outcome: 'busy' });
    expect(await bench.stored(connectionId)).toMatchObject({
      generation,
      revocations: [{ token: { version: 7 } }],
    });
  });
});
