import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { OverdueConnection } from '../../functions/core/ports/connections.ts';
import { EXAMPLE_NOW_MS, exampleConnection, exampleGeneration } from '../support/fakes/example-records.ts';
import { IMPLEMENTATIONS, type Stores } from './store-implementations.ts';

const NOW_MS = EXAMPLE_NOW_MS;
const LATER = exampleGeneration(NOW_MS + 1);

describe.each(IMPLEMENTATIONS)('indexes $name', (implementation) => {
  let stores: Stores;

  beforeAll(implementation.start);
  afterAll(implementation.stop);
  beforeEach(async () => {
    stores = await implementation.emptyStores();
  });

  const put = (connectionId: string, dueAtMs: number) =>
    stores.connections.replaceGeneration(exampleConnection({ connectionId, dueAtMs }));

  const overdueIn = async (shard: number, untilMs: number, limit: number): Promise<OverdueConnection[]> => {
    const found: OverdueConnection[] = [];
    let cursor: string | undefined;
    do {
      const page = await stores.dueIndex.overdue({
        shard,
        untilMs,
        limit,
        ...(cursor === undefined ? {} : { cursor }),
      });
      expect(page.overdue.length).toBeLessThanOrEqual(limit);
      found.push(...page.overdue);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return found;
  };
  const overdue = async (untilMs: number, limit = 100) => {
    const shards = Array.from({ length: stores.dueIndex.shardCount }, (_, shard) => shard);
    return Promise.all(shards.map((shard) => overdueIn(shard, untilMs, limit)));
  };
  const overdueIds = async (untilMs: number) =>
    (await overdue(untilMs))
      .flat()
      .map((due) => due.connectionId)
      .sort();

  describe('due', () => {
    test('shows each due time at or before the moment in exactly one shard', async () => {
      await put('acme.past', NOW_MS - 1);
      await put('acme.now', NOW_MS);
      await put('acme.future', NOW_MS + 1);
      expect(await overdueIds(NOW_MS)).toEqual(['acme.now', 'acme.past']);
    });

    test('shows when the due time was, the state, and when the refresh token expires', async () => {
      const { refreshExpiresAtMs, sliding } = exampleConnection();
      await put('acme.past', NOW_MS - 1);
      expect((await overdue(NOW_MS)).flat()).toStrictEqual([
        { connectionId: 'acme.past', dueAtMs: NOW_MS - 1, state: 'active', sliding, refreshExpiresAtMs },
      ]);
    });

    test('pages through a shard, earliest due time first, and misses and repeats nothing', async () => {
      const ids = Array.from({ length: 60 }, (_, at) => `acme.user-${at}`);
      // Groups of four share one moment, so that page ends fall between equals.
      await Promise.all(ids.map((id, at) => put(id, NOW_MS - 10_000 * (1 + Math.floor(at / 4)))));
      const shards = await overdue(NOW_MS, 2);
      for (const shard of shards) {
        const moments = shard.map((due) => due.dueAtMs);
        expect(moments).toEqual(moments.toSorted((one, other) => one - other));
      }
      expect(
        shards
          .flat()
          .map((due) => due.connectionId)
          .sort(),
      ).toEqual(ids.toSorted());
      expect(shards.filter((shard) => shard.length > 0).length).toBeGreaterThan(8);
    });

    test('follows a due time that moves, is removed and is set again', async () => {
      await put('acme.user-1', NOW_MS - 1);
      const token = exampleConnection({ connectionId: 'acme.user-1' });
      await stores.connections.update({ expected: token, changes: { dueAtMs: NOW_MS + 60_000 } });
      expect(await overdueIds(NOW_MS)).toEqual([]);
      expect(await overdueIds(NOW_MS + 60_000)).toEqual(['acme.user-1']);
      await stores.connections.update({ expected: token, changes: { dueAtMs: null } });
      expect(await overdueIds(NOW_MS + 60_000)).toEqual([]);
      await stores.connections.update({ expected: token, changes: { dueAtMs: NOW_MS - 5 } });
      expect(await overdueIds(NOW_MS)).toEqual(['acme.user-1']);
    });

    test('does not show a connection that began without a due time', async () => {
      const { dueAtMs: _, ...notDue } = exampleConnection();
      await stores.connections.replaceGeneration(notDue);
      expect(await overdueIds(NOW_MS + 100 * 86_400_000)).toEqual([]);
    });

    test('forgets a connection that is removed', async () => {
      const tombstone = exampleConnection({ state: 'disconnected', dueAtMs: NOW_MS - 1 });
      await stores.connections.replaceGeneration(tombstone);
      await stores.connections.remove(tombstone.connectionId, tombstone.generation);
      expect(await overdueIds(NOW_MS)).toEqual([]);
    });
  });

  describe('subject', () => {
    test('finds every connection of one user, and no other', async () => {
      for (const connectionId of ['acme.a', 'acme.b']) {
        await stores.connections.replaceGeneration(
          exampleConnection({ connectionId, subjectKey: 'person-1' }),
        );
      }
      await stores.connections.replaceGeneration(
        exampleConnection({ connectionId: 'acme.c', subjectKey: 'person-2' }),
      );
      const found = await stores.subjects.connectionIdsOf('person-1');
      expect([...found].sort()).toEqual(['acme.a', 'acme.b']);
      expect(await stores.subjects.connectionIdsOf('person-3')).toEqual([]);
    });

    test('counts the connections without a known user, over all of its partitions', async () => {
      const { subject: _, subjectKey: __, ...ownerless } = exampleConnection();
      for (let at = 0; at < 40; at += 1) {
        await stores.connections.replaceGeneration({ ...ownerless, connectionId: `acme.imported-${at}` });
      }
      await stores.connections.replaceGeneration(exampleConnection({ connectionId: 'acme.known' }));
      expect(await stores.connections.read('acme.imported-0')).not.toHaveProperty('subjectKey');
      expect(await stores.subjects.countUnknownOwners()).toBe(40);
      await stores.connections.replaceGeneration({
        ...ownerless,
        connectionId: 'acme.imported-1',
        generation: LATER,
        state: 'disconnecting',
        version: 0,
      });
      expect(await stores.subjects.countUnknownOwners()).toBe(40);
      await stores.connections.update({
        expected: { connectionId: 'acme.imported-1', generation: LATER, version: 0 },
        changes: { state: 'disconnected', subject: null, subjectKey: null },
      });
      expect(await stores.subjects.countUnknownOwners()).toBe(39);
    });

    test('does not find a tombstone without a subject', async () => {
      await stores.connections.replaceGeneration(exampleConnection({ subjectKey: 'person-1' }));
      const { subject: _, subjectKey: __, ...erased } = exampleConnection({ generation: LATER });
      await stores.connections.replaceGeneration({ ...erased, state: 'disconnected' });
      expect(await stores.subjects.connectionIdsOf('person-1')).toEqual([]);
    });
  });
});
