import { describe, expect, it } from 'vitest';
import { createScopeSets } from '../../../functions/core/access-tokens/scope-sets.ts';
import { createVendAccessToken } from '../../../functions/core/access-tokens/vend-access-token.ts';
import { createBeginDisconnect } from '../../../functions/core/connection/disconnect.ts';
import { createFakeVault } from '../../support/fake-vault/fake-vault.ts';
import { EXAMPLE_CLIENT_ID } from '../../support/fakes/example-records.ts';
import { createFakeRotator } from '../../support/fakes/fake-rotator.ts';
import { injectFaults, onEvery, unreachable } from '../../support/faults/fault-proxy.ts';
import { GENERATION, ID, vendFixture } from './vend-fixture.ts';

const LATER = `${GENERATION.slice(0, -1)}B`;

describe('A cached token of an earlier generation', () => {
  it('is not vended when a copy of it is put back after a disconnect', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    await bench.fireDue(connectionId);
    const copy = bench.accessTokens.items.get(`${connectionId} *`);
    if (!copy) throw new Error('There is no access token.');
    const rotator = createFakeRotator((request) => bench.rotate(request));
    const scopeSets = createScopeSets([]);
    const deps = {
      ...bench.deps,
      opener: bench.sealing.opener,
      rotator,
      scopeSets,
      clientId: EXAMPLE_CLIENT_ID,
    };
    const vend = createVendAccessToken(deps);
    expect((await vend({ connectionId })).outcome).toBe('vended');
    await createBeginDisconnect({ ...deps, scopeSets: ['*'] })(connectionId);
    (bench.accessTokens.items as Map<string, unknown>).set(`${connectionId} *`, structuredClone(copy));
    expect(await vend({ connectionId })).toEqual({ outcome: 'not-found' });
  });

  it('is replaced, not vended, after the user has consented again', async () => {
    const { vend, publish, rotateWillPublish, world } = vendFixture();
    await publish({ token: 'of-the-earlier-consent' });
    world.generation = LATER;
    rotateWillPublish({ token: 'of-the-present-consent', generation: LATER });
    const result = await vend({ connectionId: ID });
    if (result.outcome !== 'vended') throw new Error(result.outcome);
    expect(result.accessToken.reveal()).toBe('of-the-present-consent');
  });

  it('is not taken while a rotation is awaited either', async () => {
    const { vend, publish, world, rotator } = vendFixture();
    world.generation = LATER;
    world.run = async () => {
      await publish({ token: 'put-back-meanwhile' });
      return { outcome: 'busy', retryAfterMs: 1_000 };
    };
    expect(await vend({ connectionId: ID })).toMatchObject({ outcome: 'unavailable' });
    expect(rotator.rotated.length).toBeGreaterThan(0);
  });

  it('is not vended without a connection', async () => {
    const { vend, publish, world } = vendFixture();
    await publish();
    world.generation = undefined;
    expect(await vend({ connectionId: ID })).toEqual({ outcome: 'not-found' });
  });
});

describe('A cached token', () => {
  it('of a later generation than was read is vended: it was published in between', async () => {
    const { vend, publish } = vendFixture();
    await publish({ generation: LATER });
    expect(await vend({ connectionId: ID })).toMatchObject({ outcome: 'vended' });
  });

  it('is not vended while the generation of its connection cannot be read', async () => {
    const connections = { readGeneration: async () => GENERATION };
    const fixture = vendFixture({
      connections: injectFaults(connections, [unreachable('STORE_UNAVAILABLE', onEvery('readGeneration'))]),
    });
    await fixture.publish();
    await expect(fixture.vend({ connectionId: ID })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });

  it('and its generation are read at once: the second read costs no time', async () => {
    let reading = 0;
    let most = 0;
    const slowly = async <Value>(value: Promise<Value> | Value): Promise<Value> => {
      reading += 1;
      most = Math.max(most, reading);
      await Promise.resolve();
      reading -= 1;
      return value;
    };
    const fixture = vendFixture({
      accessTokens: { read: (connectionId, scopeSet) => slowly(fixture.store.read(connectionId, scopeSet)) },
      connections: { readGeneration: () => slowly(GENERATION) },
    });
    await fixture.publish();
    expect(await fixture.vend({ connectionId: ID })).toMatchObject({ outcome: 'vended', source: 'cache' });
    expect(most).toBe(2);
  });
});
