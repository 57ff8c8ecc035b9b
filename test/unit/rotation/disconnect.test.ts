import { describe, expect, it } from 'vitest';
import type { Connection } from '../../../functions/core/connection/connection.ts';
import { createFakeVault, type FakeVault } from '../../support/fake-vault/fake-vault.ts';
import { injectFaults, onCall, onEvery, unreachable } from '../../support/faults/fault-proxy.ts';

const DAY_MS = 86_400_000;

/** What the first step of a disconnect leaves behind. */
async function beginDisconnect(bench: FakeVault, connection: Connection): Promise<void> {
  const { refresh, previous, rotateAtMs: _, schedule: __, dueAtMs: ___, ...rest } = connection;
  const ended = [refresh, previous].filter((token) => token !== undefined);
  await bench.connections.replaceGeneration({
    ...rest,
    generation: `${connection.generation.slice(0, -1)}Z`,
    version: 0,
    state: 'disconnecting',
    revocations: ended.map((token) => ({
      kind: 'refresh',
      token,
      ...(connection.subjectKey !== undefined && { subjectKey: connection.subjectKey }),
    })),
    dueAtMs: bench.clock.nowMs(),
  });
}

describe('A disconnect', () => {
  it('revokes at IMS, leaves a tombstone without a user in it, and sends a receipt', async () => {
    const bench = createFakeVault();
    const { token, ...connection } = await bench.connect();
    await beginDisconnect(bench, connection);
    const { connectionId } = connection;
    expect(await bench.rotate({ connectionId, trigger: 'disconnect' })).toEqual({ outcome: 'disconnected' });

    expect(bench.ims.ledger.isLive(token.reveal())).toBe(false);
    const tombstone = await bench.stored(connectionId);
    expect(tombstone).toMatchObject({ state: 'disconnected', revocations: [] });
    expect(tombstone.subject).toBeUndefined();
    expect(bench.events.published.at(-1)?.event).toMatchObject({
      type: 'Disconnected',
      detail: { revokedAtAdobe: 1 },
    });
  });

  it('whose first run crashed before the tombstones still invalidates every access token, and revokes it', async () => {
    const bench = createFakeVault();
    const { token: _, ...connection } = await bench.connect();
    const { connectionId } = connection;
    await bench.fireDue(connectionId);
    await beginDisconnect(bench, await bench.stored(connectionId));
    expect(await bench.accessTokens.read(connectionId, '*')).toMatchObject({ kind: 'token' });
    await bench.rotate({ connectionId, trigger: 'disconnect' });
    expect(await bench.accessTokens.read(connectionId, '*')).toMatchObject({ kind: 'tombstone' });
    expect(bench.events.published.at(-1)?.event.type).toBe('Disconnected');
    expect(bench.ims.ledger.revocations).toHaveLength(3);
  });

  it('drops the tombstone after seven days', async () => {
    const bench = createFakeVault();
    const { token: _, ...connection } = await bench.connect();
    await beginDisconnect(bench, connection);
    const { connectionId } = connection;
    await bench.rotate({ connectionId, trigger: 'disconnect' });
    const endedAtMs = bench.clock.nowMs();
    await bench.fireDue(connectionId);
    expect(bench.clock.nowMs() - endedAtMs).toBe(7 * DAY_MS);
    expect(await bench.connections.read(connectionId)).toBeUndefined();
  });

  it('is retried until IMS answers, and gives up only at the expiry', async () => {
    const bench = createFakeVault();
    const { token, ...connection } = await bench.connect();
    await beginDisconnect(bench, connection);
    const { connectionId } = connection;
    bench.ims.scriptRevoke({ kind: 'retry' }, { kind: 'retry' });
    expect(await bench.rotate({ connectionId, trigger: 'disconnect' })).toMatchObject({
      outcome: 'disconnecting',
    });
    await bench.fireDue(connectionId);
    expect(await bench.fireDue(connectionId)).toEqual({ outcome: 'disconnected' });
    expect(bench.ims.ledger.isLive(token.reveal())).toBe(false);
  });

  it('is retried where IMS refuses the request itself, which says nothing of the token, and counted', async () => {
    const bench = createFakeVault();
    const { token, ...connection } = await bench.connect();
    await beginDisconnect(bench, connection);
    const { connectionId } = connection;
    bench.ims.scriptRevoke({ kind: 'retry', error: 'invalid_request' });
    expect(await bench.rotate({ connectionId, trigger: 'disconnect' })).toMatchObject({
      outcome: 'disconnecting',
    });
    expect(bench.telemetry.total('RevocationsRefused')).toBe(1);
    expect(await bench.fireDue(connectionId)).toEqual({ outcome: 'disconnected' });
    expect(bench.ims.ledger.isLive(token.reveal())).toBe(false);
    expect(bench.telemetry.total('RevocationsRefused')).toBe(1);
  });

  it('does not revoke what may end another live connection of the same user, and says so', async () => {
    const bench = createFakeVault();
    const { token, ...connection } = await bench.connect();
    await bench.connect({ connectionId: 'the.other' });
    await beginDisconnect(bench, connection);
    await bench.rotate({ connectionId: connection.connectionId, trigger: 'disconnect' });
    expect(bench.ims.ledger.isLive(token.reveal())).toBe(true);
    expect(bench.events.published.at(-1)?.event.detail).toMatchObject({ keptForOtherConnections: 1 });

    const { settings } = bench.deps;
    const again = createFakeVault();
    const alone = await again.connect();
    await again.connect({ connectionId: 'the.other' });
    await beginDisconnect(again, alone);
    await again.rotate(
      { connectionId: alone.connectionId, trigger: 'disconnect' },
      { settings: { ...settings, revocationScope: 'token' } },
    );
    expect(again.ims.ledger.isLive(alone.token.reveal())).toBe(false);
  });

  it('keeps a parked successor where it is until its revocation is stored', async () => {
    const bench = createFakeVault();
    const { token: _, ...connection } = await bench.connect();
    const { connectionId } = connection;
    const failing = injectFaults(bench.connections, [unreachable('STORE_UNAVAILABLE', onEvery('update'))]);
    await bench.fireDue(connectionId, { connections: failing });
    await beginDisconnect(bench, connection);
    bench.accessTokens.forgetEverything();
    bench.ims.scriptRevoke({ kind: 'retry' }, { kind: 'retry' });
    const overtaking = async () => {
      const token = await bench.stored(connectionId);
      await bench.connections.update({
        expected: token,
        changes: { version: token.version + 1, lease: null },
      });
    };
    const connections = injectFaults(bench.connections, [
      { kind: 'delay', when: onCall('update', 1), before: overtaking },
    ]);
    await bench.rotate({ connectionId, trigger: 'disconnect' }, { connections });
    expect(bench.parking.parked()).toHaveLength(1);
    while ((await bench.stored(connectionId)).state !== 'disconnected') await bench.fireDue(connectionId);
    expect(bench.parking.parked()).toEqual([]);
    expect(bench.ims.ledger.liveRefreshTokens()).toEqual([]);
  });

  it('is final: no late rotation, vend or parked successor brings the connection back', async () => {
    const bench = createFakeVault();
    const { token: _, ...connection } = await bench.connect();
    const connections = injectFaults(bench.connections, [
      unreachable('STORE_UNAVAILABLE', onEvery('update')),
    ]);
    await bench.fireDue(connection.connectionId, { connections });
    const [parked] = bench.parking.parked();
    await beginDisconnect(bench, connection);
    const { connectionId } = connection;
    await bench.rotate({ connectionId, trigger: 'disconnect' });
    expect(bench.ims.ledger.liveRefreshTokens()).toEqual([]);
    if (parked) await bench.rotate({ connectionId, trigger: 'parked', parked });
    const requirement = { scopeSet: '*', minTtlSeconds: 300 };
    expect(await bench.rotate({ connectionId, trigger: 'vend', requirement })).toEqual({
      outcome: 'not-found',
    });
    expect((await bench.stored(connectionId)).state).not.toBe('active');
    expect(await bench.accessTokens.read(connectionId, '*')).not.toMatchObject({ generation: `x` });
  });
});
