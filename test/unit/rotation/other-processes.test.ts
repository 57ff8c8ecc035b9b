import { describe, expect, it } from 'vitest';
import { LEASE_MARGIN_MS } from '../../../functions/core/connection/connection.ts';
import { FUNCTION_TIMEOUT_MS, LEASE_MS } from '../../../functions/core/rotation/time-budget.ts';
import { createFakeVault, type FakeVault } from '../../support/fake-vault/fake-vault.ts';
import { injectFaults, onCall } from '../../support/faults/fault-proxy.ts';

const DAY_MS = 86_400_000;
const LEASE_IS_OVER_MS = LEASE_MS + LEASE_MARGIN_MS;

/** Another process claims the connection as it is now. */
async function claimByAnother(bench: FakeVault, connectionId: string): Promise<void> {
  const nowMs = bench.clock.nowMs();
  const claimed = await bench.connections.claim({
    expected: await bench.stored(connectionId),
    lease: { runId: 'another', untilMs: nowMs + LEASE_MS },
    states: ['active'],
    nowMs,
    leaseMarginMs: LEASE_MARGIN_MS,
  });
  if (claimed === 'conflict') throw new Error('The lease was not free.');
}

describe('A process that outlived its lease', () => {
  it('does not overwrite the version that another has committed, and its own successor is kept as alternate', async () => {
    const bench = createFakeVault({ mode: 'reuse' });
    const { connectionId } = await bench.connect();
    const committed: (string | undefined)[] = [];
    bench.ims.script({
      after: async () => {
        bench.clock.advance(LEASE_IS_OVER_MS);
        expect(await bench.rotate({ connectionId })).toEqual({ outcome: 'rotated' });
        committed.push(await bench.storedToken(connectionId));
      },
    });
    expect(await bench.fireDue(connectionId)).toEqual({ outcome: 'superseded' });
    expect([await bench.storedToken(connectionId)]).toEqual(committed);
    const alternate = await bench.storedToken(connectionId, 'alternate');
    expect(bench.ims.ledger.posts.map(({ successor }) => successor)).toEqual([...committed, alternate]);
  });

  it('decides nothing about a refusal, and takes no lease away', async () => {
    const bench = createFakeVault();
    const { connectionId, subject = '' } = await bench.connect();
    bench.ims.script({
      after: async () => {
        bench.clock.advance(LEASE_IS_OVER_MS);
        await claimByAnother(bench, connectionId);
        bench.ims.ledger.revokeUser(subject);
      },
    });
    expect(await bench.fireDue(connectionId)).toEqual({ outcome: 'superseded' });
    const { state, lease, evidence } = await bench.stored(connectionId);
    expect({ state, holder: lease?.runId, evidence }).toEqual({
      state: 'active',
      holder: 'another',
      evidence: undefined,
    });
  });
});

describe('A process that may still live', () => {
  it('keeps every other process out until it is killed', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    const outcomes: string[] = [];
    bench.ims.script({
      after: async () => {
        bench.clock.advance(FUNCTION_TIMEOUT_MS - 1_000);
        outcomes.push((await bench.rotate({ connectionId })).outcome);
      },
    });
    expect(await bench.fireDue(connectionId)).toEqual({ outcome: 'rotated' });
    expect(outcomes).toEqual(['busy']);
    expect(bench.ims.ledger.posts).toHaveLength(1);
  });
});

describe('An access token that is published late', () => {
  it('does not take the place of a newer one', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    const accessTokens = injectFaults(bench.accessTokens, [
      {
        kind: 'delay',
        when: onCall('publish', 1),
        before: async () => {
          expect(await bench.rotate({ connectionId, trigger: 'operator' })).toEqual({ outcome: 'rotated' });
        },
      },
    ]);
    expect(await bench.fireDue(connectionId, { accessTokens })).toEqual({ outcome: 'rotated' });
    expect(await bench.accessTokens.read(connectionId, '*')).toMatchObject({ kind: 'token', version: 3 });
  });
});

describe('The pause of a breaker', () => {
  it('ends with one trial, however many runs come at once', async () => {
    const bench = createFakeVault();
    const ids = ['w.1', 'w.2', 'w.3', 'w.4', 'w.5'];
    for (const connectionId of ids) await bench.connect({ connectionId });
    bench.clock.advance(8 * DAY_MS);
    const down = { answer: { kind: 'unknown', reason: 'unreachable' } } as const;
    bench.ims.script(down, down, down);
    for (const connectionId of ids.slice(0, 3)) await bench.rotate({ connectionId });
    const { outage } = bench.breakers.present();
    if (!outage) throw new Error('The breaker did not open.');
    bench.clock.advance(outage.openUntilMs - bench.clock.nowMs());

    await Promise.all(ids.slice(3).map((connectionId) => bench.rotate({ connectionId })));
    expect(bench.ims.ledger.posts).toHaveLength(1);
  });
});
