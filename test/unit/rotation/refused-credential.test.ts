import { describe, expect, it } from 'vitest';
import { Secret } from '../../../functions/core/secret.ts';
import { createFakeVault, type FakeVault } from '../../support/fake-vault/fake-vault.ts';

const MINUTE_MS = 60_000;
const RIGHT = new Secret('what-adobe-accepts');
const vend = { trigger: 'vend', requirement: { scopeSet: '*', minTtlSeconds: 300 } } as const;

/** Adobe has replaced the secret, a first connection has met it, and others are due. */
async function refused(due: readonly string[] = ['other.1', 'other.2']): Promise<FakeVault> {
  const bench = createFakeVault();
  for (const connectionId of ['first', ...due]) {
    await bench.connect({ connectionId, subjectKey: connectionId, rotateAtMs: bench.clock.nowMs() });
  }
  bench.clock.advance(MINUTE_MS);
  bench.ims.acceptClientSecrets({ current: RIGHT });
  expect(await bench.rotate({ connectionId: 'first' })).toMatchObject({ reason: 'credential-breaker' });
  expect(bench.breakers.present().credential).toBeDefined();
  return bench;
}

describe('The client secret, once the right one is stored', () => {
  it('is tried by the next caller, whatever the breaker’s pause', async () => {
    const bench = await refused();
    for (let trials = 0; trials < 4; trials += 1) {
      bench.clock.advance((bench.breakers.present().credential?.openUntilMs ?? 0) - bench.clock.nowMs());
      await bench.rotate({ connectionId: 'other.1', ...vend });
    }
    expect(await bench.rotate({ connectionId: 'other.2', ...vend })).toMatchObject({
      reason: 'credential-breaker',
    });
    bench.clientSecret.store({ current: RIGHT });
    expect(await bench.rotate({ connectionId: 'other.2', ...vend })).toEqual({ outcome: 'rotated' });
    expect(bench.breakers.present().credential).toBeUndefined();
  });

  it('is found by a process that remembers the refused one', async () => {
    const bench = await refused();
    bench.clientSecret.store({ current: RIGHT });
    const fetches = bench.clientSecret.fetches;
    expect(await bench.rotate({ connectionId: 'other.1' })).toEqual({ outcome: 'rotated' });
    expect(bench.clientSecret.fetches).toBeGreaterThan(fetches);
  });

  it('is tried once for all where it is wrong as well', async () => {
    const bench = await refused();
    bench.clientSecret.store({ current: new Secret('wrong-as-well') });
    await bench.rotate({ connectionId: 'other.1', ...vend });
    const { refreshes } = bench.ims.calls;
    for (const connectionId of ['other.1', 'other.2', 'first']) {
      expect(await bench.rotate({ connectionId, ...vend })).toMatchObject({ outcome: 'waiting' });
    }
    expect(bench.ims.calls.refreshes).toBe(refreshes);
  });

  it('is not looked up while the credential is not in doubt', async () => {
    const bench = createFakeVault();
    for (const connectionId of ['a', 'b', 'c']) {
      await bench.connect({ connectionId });
      await bench.fireDue(connectionId);
    }
    expect(bench.clientSecret.fetches).toBe(1);
  });

  it('that cannot be read lets nothing pass', async () => {
    const bench = await refused();
    const clientSecret = { read: () => Promise.reject(new Error('Secrets Manager is down')) };
    const outcome = await bench.rotate({ connectionId: 'other.1' }, { clientSecret });
    expect(outcome).toMatchObject({ reason: 'credential-breaker' });
  });
});

describe('An operator’s rotation', () => {
  it('is a trial while the credential is refused, also by a connection that was refused itself', async () => {
    const bench = await refused();
    bench.ims.acceptClientSecrets({ current: new Secret('client-secret') });
    expect(await bench.rotate({ connectionId: 'first', trigger: 'operator' })).toEqual({
      outcome: 'rotated',
    });
    expect(bench.breakers.present().credential).toBeUndefined();
  });

  it('in vain does not lengthen the pause of the others', async () => {
    const bench = await refused();
    const before = bench.breakers.present();
    await bench.rotate({ connectionId: 'other.1', trigger: 'operator' });
    expect(bench.breakers.present()).toEqual(before);
  });
});

describe('A refusal of the credential for one connection alone', () => {
  it('opens the breaker once: after a success elsewhere it degrades that connection', async () => {
    const bench = createFakeVault();
    await bench.connect({ connectionId: 'ill' });
    await bench.connect({ connectionId: 'well', subjectKey: 'well', rotateAtMs: bench.clock.nowMs() });
    const refusal = { answer: { kind: 'misconfigured', error: 'invalid_client' } } as const;
    bench.ims.script(refusal);
    await bench.rotate({ connectionId: 'ill', trigger: 'operator' });
    bench.clock.advance(MINUTE_MS);
    expect(await bench.rotate({ connectionId: 'well' })).toEqual({ outcome: 'rotated' });
    for (let tries = 0; tries < 3; tries += 1) {
      bench.ims.script(refusal);
      await bench.rotate({ connectionId: 'ill', trigger: 'operator' });
      expect(bench.breakers.present().credential).toBeUndefined();
    }
    expect((await bench.stored('ill')).degraded).toMatchObject({ code: 'invalid_client' });
  });

  it('by a 401 without words takes two connections, and no success between them', async () => {
    const bench = createFakeVault();
    const bare = { answer: { kind: 'misconfigured', error: 'unauthorized' } } as const;
    const fail = async (connectionId: string) => {
      await bench.connect({ connectionId });
      bench.ims.script(bare);
      await bench.rotate({ connectionId, trigger: 'operator' });
    };
    await fail('ill.1');
    await bench.connect({ connectionId: 'well' });
    await bench.rotate({ connectionId: 'well', trigger: 'operator' });
    await fail('ill.2');
    expect(bench.breakers.present().credential).toBeUndefined();
    await fail('ill.3');
    expect(bench.breakers.present().credential).toBeDefined();
  });
});
