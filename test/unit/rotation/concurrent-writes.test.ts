import { describe, expect, it } from 'vitest';
import { invalidateAccessTokens } from '../../../functions/core/access-tokens/invalidate-access-tokens.ts';
import { type Connection, LEASE_MARGIN_MS } from '../../../functions/core/connection/connection.ts';
import { createBeginDisconnect } from '../../../functions/core/connection/disconnect.ts';
import { createFakeVault, type FakeVault } from '../../support/fake-vault/fake-vault.ts';
import { exampleAccessToken } from '../../support/fakes/example-records.ts';
import { createFakeRotator } from '../../support/fakes/fake-rotator.ts';
import { injectFaults, onCall, type PortCall, replyLost } from '../../support/faults/fault-proxy.ts';

const HOUR_MS = 3_600_000;
const LEASE_MS = 60_000;

/** A store where something happens just before one call takes effect. */
function meanwhile(bench: FakeVault, when: (call: PortCall) => boolean, before: () => Promise<unknown>) {
  const happens = async () => {
    await before();
  };
  return injectFaults(bench.connections, [{ kind: 'delay', when, before: happens }]);
}

async function lease(bench: FakeVault, connection: Connection): Promise<void> {
  const nowMs = bench.clock.nowMs();
  const untilMs = nowMs + LEASE_MS;
  const claimed = await bench.connections.claim({
    expected: connection,
    lease: { runId: 'another-run', untilMs },
    states: [connection.state],
    nowMs,
    leaseMarginMs: LEASE_MARGIN_MS,
    changes: { dueAtMs: untilMs + LEASE_MARGIN_MS },
  });
  expect(claimed).toBe('claimed');
}

describe('A run that does not hold the lease', () => {
  it('does not put the due time off past the end of a lease that was taken since it read', async () => {
    const bench = createFakeVault();
    const { token: _, ...connection } = await bench.connect();
    const { connectionId } = connection;
    const connections = meanwhile(bench, onCall('update', 1), async () => lease(bench, connection));
    expect(await bench.rotate({ connectionId }, { connections })).toEqual({ outcome: 'idle' });
    const endsAtMs = bench.clock.nowMs() + LEASE_MS + LEASE_MARGIN_MS;
    expect((await bench.stored(connectionId)).dueAtMs).toBeLessThanOrEqual(endsAtMs);
  });

  it('does not post on evidence that is older than another run’s refusal', async () => {
    const bench = createFakeVault();
    const { subject = '', connectionId } = await bench.connect();
    bench.ims.ledger.revokeUser(subject);
    const { dueAtMs = 0 } = await bench.stored(connectionId);
    bench.clock.setNowMs(dueAtMs);
    const connections = meanwhile(bench, onCall('claim', 1), async () => bench.rotate({ connectionId }));
    expect(await bench.rotate({ connectionId }, { connections })).toMatchObject({ outcome: 'busy' });
    expect(bench.ims.ledger.posts).toHaveLength(1);
    expect((await bench.stored(connectionId)).evidence).toMatchObject({ count: 1 });
  });
});

describe('An answer without a new refresh token', () => {
  it('whose first write was stored and its reply lost does not end the lease of the next run', async () => {
    const bench = createFakeVault({ mode: 'reuse', successor: 'none' });
    const { connectionId } = await bench.connect();
    const { dueAtMs = 0 } = await bench.stored(connectionId);
    bench.clock.setNowMs(dueAtMs);
    const slow = injectFaults(
      meanwhile(bench, onCall('update', 2), async () => {
        bench.clock.advance(7 * 24 * HOUR_MS);
        await lease(bench, await bench.stored(connectionId));
      }),
      [replyLost('STORE_UNAVAILABLE', onCall('update', 1))],
    );
    await bench.rotate({ connectionId }, { connections: slow });
    expect((await bench.stored(connectionId)).lease).toMatchObject({ runId: 'another-run' });
  });
});

describe('What a living connection still has to revoke', () => {
  it('is not lost when it is appended while earlier revocations are posted', async () => {
    const bench = createFakeVault();
    const { token: _, ...connection } = await bench.connect();
    const { connectionId, generation } = connection;
    const owing = async (serial: number): Promise<Connection['revocations'][number]> => {
      const { refreshToken } = bench.ims.ledger.grant({ subject: `other-${serial}` });
      const { clientId } = connection;
      const identity = { connectionId, clientId, generation, version: serial };
      const seal = await bench.sealing.sealer.prepare({ purpose: 'refresh', connectionId, clientId });
      const sealed = seal.seal(refreshToken, { ...identity, purpose: 'refresh' });
      return { kind: 'refresh', token: { generation, version: serial, sealed } };
    };
    const [first, second] = [await owing(7), await owing(8)];
    await bench.connections.update({ expected: connection, changes: { revocations: [first] } });
    const connections = meanwhile(bench, onCall('update', 1), async () =>
      bench.connections.update({ expected: connection, changes: { revocations: [first, second] } }),
    );
    await bench.rotate({ connectionId }, { connections });
    const after = await bench.stored(connectionId);
    expect(after.revocations).toEqual([second]);
    expect(after.lease).toBeUndefined();
  });
});

describe('What a disconnect still finds to revoke', () => {
  it('is not forgotten by a run that has just revoked the rest', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    const rotator = createFakeRotator(async () => 'still-running');
    await createBeginDisconnect({ ...bench.deps, rotator, scopeSets: ['*'] })(connectionId);
    const { generation } = await bench.stored(connectionId);
    const late = exampleAccessToken({ connectionId, expiresAtMs: bench.clock.nowMs() + HOUR_MS });
    const invalidateOlder = async () => ({ kind: 'invalidated', replaced: late }) as const;
    const finds = async () =>
      invalidateAccessTokens(
        { ...bench.deps, accessTokens: { ...bench.deps.accessTokens, invalidateOlder }, scopeSets: ['*'] },
        await bench.stored(connectionId),
      );
    const connections = meanwhile(bench, onCall('update', 1), finds);
    const ended = await bench.rotate({ connectionId, trigger: 'disconnect' }, { connections });
    expect(ended).toMatchObject({ outcome: 'busy' });
    expect(await bench.stored(connectionId)).toMatchObject({
      generation,
      state: 'disconnecting',
      revocations: [{ kind: 'refresh' }, { kind: 'access', token: { sealed: late.sealed } }],
    });
  });

  it('is settled as ended when the last write was stored and its reply lost', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    const rotator = createFakeRotator(async () => 'still-running');
    await createBeginDisconnect({ ...bench.deps, rotator, scopeSets: ['*'] })(connectionId);
    const { update } = bench.connections;
    /** As the SDK repeats a write whose reply did not come. */
    const twice = async (...asked: Parameters<typeof update>) => {
      await update(...asked);
      return update(...asked);
    };
    const connections = { ...bench.connections, update: twice };
    const ended = await bench.rotate({ connectionId, trigger: 'disconnect' }, { connections });
    expect(ended).toEqual({ outcome: 'disconnected' });
    expect(bench.events.published.map(({ event }) => event.type)).toEqual(['Disconnected']);
  });
});
