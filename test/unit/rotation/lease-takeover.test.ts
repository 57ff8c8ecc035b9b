import { describe, expect, it } from 'vitest';
import type { PendingRevocation } from '../../../functions/core/connection/sealed-token.ts';
import { createFakeVault, type FakeVault } from '../../support/fake-vault/fake-vault.ts';
import { injectFaults, onCall, onEvery, unreachable } from '../../support/faults/fault-proxy.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

/** The token of a user whose id this connection took over: to be revoked, without haste. */
async function owe(bench: FakeVault, connectionId: string): Promise<void> {
  const connection = await bench.stored(connectionId);
  const { refresh } = connection;
  if (!refresh) throw new Error('The connection has no refresh token.');
  const pending: PendingRevocation = { kind: 'refresh', token: { ...refresh, generation: '0'.repeat(32) } };
  await bench.connections.update({ expected: connection, changes: { revocations: [pending] } });
}

describe('A lease that was not released', () => {
  it.each(['schedule', 'vend'] as const)(
    'is not forgotten by a run that posts nothing, or that IMS asks to wait (%s): the token may be used',
    async (trigger) => {
      const requirement = { scopeSet: '*', minTtlSeconds: 300 };
      for (const answer of [undefined, { kind: 'wait', retryAfterMs: MINUTE_MS }] as const) {
        const bench = createFakeVault();
        const connection = await bench.connect();
        const lease = { runId: 'died', untilMs: bench.clock.nowMs() };
        await bench.connections.update({ expected: connection, changes: { lease } });
        bench.clock.advance(MINUTE_MS);
        const noKey = unreachable('KEY_UNAVAILABLE', onEvery('open'));
        if (answer) bench.ims.script({ answer });
        await bench.rotate(
          { connectionId: connection.connectionId, trigger, requirement },
          answer ? {} : { opener: injectFaults(bench.deps.opener, [noKey]) },
        );
        const after = await bench.stored(connection.connectionId);
        expect(after.lease).toBeUndefined();
        expect(after.dueAtMs).toBeLessThanOrEqual(bench.clock.nowMs() + 3 * MINUTE_MS);
      }
    },
  );

  it('is not taken over by a revocation that began while it was live: a successor may be parked behind it', async () => {
    const bench = createFakeVault({ mode: 'family' });
    const { connectionId } = await bench.connect();
    await owe(bench, connectionId);
    bench.clock.advance(MINUTE_MS);
    const update = unreachable('STORE_UNAVAILABLE', onEvery('update'));
    const requirement = { scopeSet: '*', minTtlSeconds: 0 };
    await bench.rotate(
      { connectionId, trigger: 'vend', requirement },
      { connections: injectFaults(bench.connections, [update]) },
    );
    expect(bench.parking.parked()).toHaveLength(1);
    const { untilMs = 0 } = (await bench.stored(connectionId)).lease ?? {};
    bench.clock.advance(untilMs + 3 * SECOND_MS - 1 - bench.clock.nowMs());
    const delay = {
      kind: 'delay',
      when: onCall('invalidateOlder', 1),
      before: async () => bench.clock.advance(SECOND_MS),
    } as const;
    await bench.rotate({ connectionId }, { accessTokens: injectFaults(bench.accessTokens, [delay]) });
    await bench.rotate({ connectionId, trigger: 'operator' });
    bench.clock.advance(MINUTE_MS);
    await bench.fireDue(connectionId);
    expect(bench.ims.ledger.doubleSpends()).toEqual([]);
    expect((await bench.stored(connectionId)).version).toBeGreaterThan(1);
  });
});
