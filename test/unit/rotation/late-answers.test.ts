import { describe, expect, it } from 'vitest';
import { PlatformError } from '../../../functions/core/platform-error.ts';
import type { ConnectionUpdate } from '../../../functions/core/ports/connections.ts';
import type { ProviderMode } from '../../../local/ims/refresh-token-rules.ts';
import { PROVIDER_MODES } from '../../../local/ims/refresh-token-rules.ts';
import { createFakeVault } from '../../support/fake-vault/fake-vault.ts';

async function rotatedIn(mode: ProviderMode, late: number, acts?: 'at once' | 'at the end') {
  const bench = createFakeVault({ mode });
  const connection = await bench.connect();
  bench.ims.script({ late, ...(acts && { acts }) });
  const outcome = await bench.fireDue(connection.connectionId);
  const stored = await bench.storedToken(connection.connectionId);
  const isAlive = stored !== undefined && bench.ims.ledger.isLive(stored);
  return { bench, outcome, isAlive, connection };
}

describe('An answer that comes late', () => {
  it.each(
    PROVIDER_MODES.flatMap((mode) => [5_000, 20_000, 22_000, 30_000, 34_900].map((late) => ({ mode, late }))),
  )('in $mode after $late ms is waited for, and the grant is kept', async ({ mode, late }) => {
    const { bench, outcome, isAlive } = await rotatedIn(mode, late);
    expect(outcome).toEqual({ outcome: 'rotated' });
    expect(isAlive).toBe(true);
    expect(bench.ims.ledger.posts).toHaveLength(1);
  });

  it.each(['reuse', 'grace', 'strict'] as const)('is received during a second post in %s', async (mode) => {
    const { bench, outcome, isAlive } = await rotatedIn(mode, 40_000);
    expect(outcome).toEqual({ outcome: 'rotated' });
    expect(isAlive).toBe(true);
    expect(bench.ims.ledger.posts).toHaveLength(2);
  });

  it('arrives too late in family once the second post is made: the limit that remains', async () => {
    expect((await rotatedIn('family', 40_000)).isAlive).toBe(false);
  });

  it.each(PROVIDER_MODES)(
    'is received in %s where IMS had not yet processed the first post when the second arrived',
    async (mode) => {
      const { bench, outcome, isAlive, connection } = await rotatedIn(mode, 40_000, 'at the end');
      expect(outcome).toEqual({ outcome: 'rotated' });
      // In family the late first post is the replay: IMS ends what it gave for the second.
      expect(isAlive).toBe(mode !== 'family');
      expect((await bench.stored(connection.connectionId)).lease).toBeUndefined();
    },
  );

  it('leaves no request open: the run lasts until both posts are settled, and within its time', async () => {
    const { bench } = await rotatedIn('reuse', 50_000);
    const { atMs = 0 } = bench.ims.ledger.posts[0] ?? {};
    expect(bench.clock.nowMs() - atMs).toBe(45_000);
    const beforeMs = bench.clock.nowMs();
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(bench.clock.nowMs()).toBe(beforeMs);
  });

  it('that refuses does not end what the second post brought', async () => {
    const bench = createFakeVault({ mode: 'reuse' });
    const { connectionId } = await bench.connect();
    bench.ims.script({ late: 40_000, answer: { kind: 'refused', error: 'invalid_grant' } });
    expect(await bench.fireDue(connectionId)).toEqual({ outcome: 'rotated' });
    expect(await bench.stored(connectionId)).toMatchObject({ state: 'active', version: 2 });
  });
});

describe('Two successors of one token', () => {
  const both = async (late: number, changes: Parameters<typeof createFakeVault>[0] = {}) => {
    const bench = createFakeVault({ mode: 'reuse', ...changes });
    const connection = await bench.connect();
    bench.ims.script({ late, acts: 'at the end' }, { late: 2_000 });
    await bench.fireDue(connection.connectionId);
    const [present, alternate] = [
      await bench.storedToken(connection.connectionId),
      await bench.storedToken(connection.connectionId, 'alternate'),
    ];
    return { bench, connection, present, alternate };
  };

  it.each([
    { which: 'second', late: 40_000 },
    { which: 'first', late: 36_000 },
  ])(
    'are both kept: the one of the $which post, which came first, and the other as alternate',
    async ({ which, late }) => {
      const { bench, connection, present, alternate } = await both(late);
      const [ofSecond, ofFirst] = bench.ims.ledger.posts.map(({ successor }) => successor);
      expect({ present, alternate }).toEqual(
        which === 'second'
          ? { present: ofSecond, alternate: ofFirst }
          : { present: ofFirst, alternate: ofSecond },
      );
      expect(await bench.stored(connection.connectionId)).toMatchObject({ version: 2, state: 'active' });
      expect(bench.ims.ledger.revocations).toEqual([]);
      expect(bench.telemetry.total('SuccessorLost')).toBe(0);
    },
  );

  it('are one where IMS answers both posts with the same', async () => {
    const { alternate, bench } = await both(40_000, { successor: 'same' });
    expect(alternate).toBeUndefined();
    expect(bench.telemetry.total('SuccessorLost')).toBe(0);
  });

  it('are revoked, or left, by the rules for uncommitted successors where the user disconnected between them', async () => {
    const bench = createFakeVault({ mode: 'reuse' });
    const connection = await bench.connect();
    const { connectionId } = connection;
    bench.ims.script({ late: 40_000, acts: 'at the end' });
    const published = bench.accessTokens.publish;
    const endsThen = {
      ...bench.accessTokens,
      publish: async (...args: Parameters<typeof published>) => {
        const answer = await published(...args);
        const stored = await bench.stored(connectionId);
        bench.memory.connections.set(connectionId, {
          ...stored,
          state: 'disconnecting',
          generation: `${stored.generation.slice(0, -1)}Z`,
          revocations: [],
        });
        return answer;
      },
    };
    await bench.fireDue(connectionId, { accessTokens: endsThen });
    expect((await bench.stored(connectionId)).revocations).toHaveLength(1);
  });

  it('cost nothing but the second where no key is to be had for it: the first is kept, and the loss is counted', async () => {
    const bench = createFakeVault({ mode: 'reuse' });
    const { connectionId } = await bench.connect();
    bench.ims.script({ late: 40_000, acts: 'at the end' });
    const { prepare } = bench.deps.sealer;
    let prepared = 0;
    const sealer = {
      prepare: async (context: Parameters<typeof prepare>[0]) => {
        prepared += 1;
        if (prepared > 2) throw new PlatformError('KEY_UNAVAILABLE', 'Injected by a test.');
        return prepare(context);
      },
    };
    expect(await bench.fireDue(connectionId, { sealer })).toEqual({ outcome: 'rotated' });
    expect(await bench.stored(connectionId)).toMatchObject({ version: 2 });
    expect(bench.telemetry.total('SuccessorLost')).toBe(1);
  });

  it('are both tried where keeping the first one fails', async () => {
    const bench = createFakeVault({ mode: 'reuse' });
    const { connectionId } = await bench.connect();
    bench.ims.script({ late: 40_000, acts: 'at the end' });
    let commits = 0;
    const connections = {
      ...bench.connections,
      update: async (update: ConnectionUpdate) => {
        if (update.changes.commitIds) commits += 1;
        if (commits === 1) throw new TypeError('Injected by a test.');
        return bench.connections.update(update);
      },
    };
    const parking = {
      ...bench.parking,
      park: () => Promise.reject(new TypeError('Injected by a test.')),
    };
    await bench.fireDue(connectionId, { connections, parking });
    expect(await bench.stored(connectionId)).toMatchObject({ version: 2 });
  });
});
