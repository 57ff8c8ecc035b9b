import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Connection } from '../../functions/core/connection/connection.ts';
import type { DuePosition, ListedConnection } from '../../functions/core/ports/connections.ts';
import { EXAMPLE_NOW_MS, exampleConnection } from '../support/fakes/example-records.ts';
import { IMPLEMENTATIONS, type Stores } from './store-implementations.ts';

const NOW_MS = EXAMPLE_NOW_MS;
const HOUR_MS = 3_600_000;

describe.each(IMPLEMENTATIONS)('the directory of connections $name', (implementation) => {
  let stores: Stores;

  beforeAll(implementation.start);
  afterAll(implementation.stop);
  beforeEach(async () => {
    stores = await implementation.emptyStores();
  });

  const put = (connectionId: string, changes: Partial<Connection> = {}) =>
    stores.connections.replaceGeneration(exampleConnection({ connectionId, ...changes }));
  const idsOf = (connections: readonly ListedConnection[]) =>
    connections.map(({ connectionId }) => connectionId);

  async function allListed(limit: number): Promise<readonly ListedConnection[]> {
    const found: ListedConnection[] = [];
    let after: string | undefined;
    do {
      const page = await stores.directory.all({ limit, ...(after !== undefined && { after }) });
      expect(page.connections.length).toBeLessThanOrEqual(limit);
      found.push(...page.connections);
      after = page.last;
    } while (after !== undefined);
    return found;
  }

  async function expiring(expiresByMs: number, limit = 50): Promise<readonly ListedConnection[]> {
    const found: ListedConnection[] = [];
    for (let shard = 0; shard < stores.directory.shardCount; shard += 1) {
      let after: DuePosition | undefined;
      do {
        const page = await stores.directory.expiring({ shard, expiresByMs, limit, ...(after && { after }) });
        found.push(...page.connections);
        after = page.last;
      } while (after !== undefined);
    }
    return found;
  }

  test('shows every connection once, page by page, and nothing of its tokens', async () => {
    const ids = Array.from({ length: 25 }, (_, at) => `acme.user-${at}`);
    await Promise.all(ids.map((id) => put(id)));
    const shown = await allListed(4);
    expect(idsOf(shown).toSorted()).toEqual(ids.toSorted());
    const { refreshExpiresAtMs, sliding, connectedAtMs, renewable } = exampleConnection();
    expect(shown.find(({ connectionId }) => connectionId === 'acme.user-3')).toStrictEqual({
      connectionId: 'acme.user-3',
      state: 'active',
      sliding,
      refreshExpiresAtMs,
      connectedAtMs,
      renewable,
    });
  });

  test('shows why a connection is degraded', async () => {
    await put('acme.user-1', { degraded: { code: 'seal_broken', sinceMs: NOW_MS } });
    expect(await allListed(10)).toMatchObject([{ degraded: { code: 'seal_broken' } }]);
  });

  test('goes on after a connection that has been removed meanwhile', async () => {
    const ids = Array.from({ length: 9 }, (_, at) => `acme.user-${at}`);
    await Promise.all(ids.map((id) => put(id, { state: 'disconnected' })));
    const { connections, last = '' } = await stores.directory.all({ limit: 4 });
    await stores.connections.remove(last, exampleConnection().generation);
    const rest = await stores.directory.all({ limit: 10, after: last });
    expect([...idsOf(connections), ...idsOf(rest.connections)].toSorted()).toEqual(ids);
  });

  test('shows only connections whose refresh token expires by a moment', async () => {
    const soon = { dueAtMs: NOW_MS + HOUR_MS, refreshExpiresAtMs: NOW_MS + 10 * HOUR_MS };
    await put('acme.soon', soon);
    await put('acme.later', { ...soon, refreshExpiresAtMs: NOW_MS + 11 * HOUR_MS });
    await put('acme.past', { ...soon, refreshExpiresAtMs: NOW_MS - HOUR_MS, state: 'suspect' });
    const { refreshExpiresAtMs: _, ...forever } = exampleConnection({
      connectionId: 'acme.forever',
      ...soon,
    });
    await stores.connections.replaceGeneration(forever);
    const shown = await expiring(NOW_MS + 10 * HOUR_MS);
    expect(idsOf(shown).toSorted()).toEqual(['acme.past', 'acme.soon']);
    expect(shown.find(({ connectionId }) => connectionId === 'acme.past')).toMatchObject({
      state: 'suspect',
    });
  });

  test('pages through those that expire, without a gap or a repetition', async () => {
    const ids = Array.from({ length: 40 }, (_, at) => `acme.user-${at}`);
    const changes = { dueAtMs: NOW_MS, refreshExpiresAtMs: NOW_MS };
    await Promise.all(ids.map((id) => put(id, changes)));
    expect(idsOf(await expiring(NOW_MS, 1)).toSorted()).toEqual(ids.toSorted());
  });
});
