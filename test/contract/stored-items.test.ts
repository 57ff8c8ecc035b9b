import {
  type AttributeValue,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAccessTokenStore } from '../../functions/adapters/dynamodb/access-token-store.ts';
import { createBreakerStore } from '../../functions/adapters/dynamodb/breaker-store.ts';
import { createConnectionSource } from '../../functions/adapters/dynamodb/connection-directory.ts';
import { createDueIndex } from '../../functions/adapters/dynamodb/connection-indexes.ts';
import { dueShardOf } from '../../functions/adapters/dynamodb/connection-item.ts';
import { createConnectionStore } from '../../functions/adapters/dynamodb/connection-store.ts';
import { createConsentStore } from '../../functions/adapters/dynamodb/consent-store.ts';
import type { SourceRow } from '../../functions/core/ports/connections.ts';
import {
  EXAMPLE_NOW_MS,
  exampleAccessToken,
  exampleConnection,
  exampleGeneration,
} from '../support/fakes/example-records.ts';
import { createManualClock } from '../support/fakes/manual-clock.ts';
import { startDynamoDb, type Tables, type TestDynamoDb } from './dynamodb-tables.ts';

const PLANTED = 'value-that-must-not-show';

describe('items in the tables', () => {
  let dynamoDb: TestDynamoDb;
  let tables: Tables;
  const connection = exampleConnection();
  const { connectionId } = connection;
  const connectionKey = { connectionId: { S: connectionId } };

  beforeAll(async () => {
    dynamoDb = await startDynamoDb();
  });
  afterAll(() => dynamoDb.stop());
  beforeEach(async () => {
    tables = await dynamoDb.freshTables();
  });

  const connections = () => createConnectionStore({ client: dynamoDb.client, tableName: tables.connections });
  const accessTokens = () =>
    createAccessTokenStore({ client: dynamoDb.client, tableName: tables.accessTokens });
  const ephemeral = () => ({ client: dynamoDb.client, tableName: tables.ephemeral });
  const consents = () => createConsentStore({ ...ephemeral(), clock: createManualClock() });

  const itemOf = async (TableName: string, Key: Record<string, AttributeValue>) => {
    const { Item } = await dynamoDb.sdk.send(new GetItemCommand({ TableName, Key }));
    return Item;
  };
  const spoil = (TableName: string, Key: Record<string, AttributeValue>, attribute: string) =>
    dynamoDb.sdk.send(
      new UpdateItemCommand({
        TableName,
        Key,
        UpdateExpression: 'SET #attribute = :spoilt',
        ExpressionAttributeNames: { '#attribute': attribute },
        ExpressionAttributeValues: { ':spoilt': { M: { [PLANTED]: { S: PLANTED } } } },
      }),
    );

  const overdueConnections = async () => {
    const index = createDueIndex({ client: dynamoDb.client, tableName: tables.connections });
    const shards = Array.from({ length: index.shardCount }, (_, shard) => shard);
    const pages = await Promise.all(
      shards.map((shard) => index.overdue({ shard, untilMs: EXAMPLE_NOW_MS, limit: 10 })),
    );
    return pages.flatMap((page) => page.overdue);
  };

  test('a connection has its due time shard exactly while it has a due time', async () => {
    const store = connections();
    await store.replaceGeneration(connection);
    const shard = { N: String(dueShardOf(connectionId)) };
    expect(await itemOf(tables.connections, connectionKey)).toMatchObject({ dueShard: shard });
    await store.update({ expected: connection, changes: { dueAtMs: null } });
    expect(await itemOf(tables.connections, connectionKey)).not.toHaveProperty('dueShard');
    await store.update({ expected: connection, changes: { dueAtMs: 1, failures: 1 } });
    expect(await itemOf(tables.connections, connectionKey)).toMatchObject({ dueShard: shard });
    await store.update({ expected: connection, changes: { failures: 2 } });
    expect(await itemOf(tables.connections, connectionKey)).toMatchObject({ dueShard: shard });
  });

  test('times are numbers, tokens are bytes, and names are the domain’s', async () => {
    await connections().replaceGeneration(connection);
    expect(await itemOf(tables.connections, connectionKey)).toMatchObject({
      connectionId: { S: connectionId },
      refreshExpiresAtMs: { N: String(connection.refreshExpiresAtMs) },
      refresh: { M: { sealed: { B: expect.anything() }, version: { N: '1' } } },
      outbox: { L: [] },
    });
  });

  test('attributes of a later release survive an update and do not disturb reading', async () => {
    const store = connections();
    await store.replaceGeneration(connection);
    await spoil(tables.connections, connectionKey, 'fromTheFuture');
    expect(await store.update({ expected: connection, changes: { failures: 1 } })).toBe('written');
    expect(await store.read(connectionId)).toStrictEqual({ ...connection, failures: 1 });
    expect(await itemOf(tables.connections, connectionKey)).toHaveProperty('fromTheFuture');
  });

  test.each(['refresh', 'state', 'failures', 'lease', 'outbox', 'revocations', 'version'])(
    'a connection with a spoilt %s is malformed, which names the attribute and not its value',
    async (attribute) => {
      await connections().replaceGeneration(connection);
      await spoil(tables.connections, connectionKey, attribute);
      const fault = await connections()
        .read(connectionId)
        .catch((error: unknown) => error);
      expect(fault).toMatchObject({ name: 'PlatformError', code: 'ITEM_MALFORMED' });
      expect((fault as Error).message).toContain(attribute);
      expect(String((fault as Error).stack)).not.toContain(PLANTED);
    },
  );

  test('a whole table is read row by row, and a spoilt row is named instead of ending the reading', async () => {
    const ids = Array.from({ length: 12 }, (_, at) => `acme.user-${at}`);
    for (const id of ids) await connections().replaceGeneration(exampleConnection({ connectionId: id }));
    await spoil(tables.connections, { connectionId: { S: 'acme.user-7' } }, 'state');
    const source = createConnectionSource({ client: dynamoDb.client, tableName: tables.connections });
    const rows: SourceRow[] = [];
    for await (const page of source.rows()) rows.push(...page);
    const readable = rows.flatMap((row) => (row.kind === 'connection' ? [row.connection.connectionId] : []));
    expect(readable.toSorted()).toEqual(ids.filter((id) => id !== 'acme.user-7').toSorted());
    expect(rows.filter(({ kind }) => kind === 'unreadable')).toEqual([
      { kind: 'unreadable', connectionId: 'acme.user-7' },
    ]);
  });

  test.each(['state', 'sliding', 'refreshExpiresAtMs'])(
    'a due time with a spoilt %s is found like any other, and hides none',
    async (attribute) => {
      const ids = ['acme.user-1', 'acme.user-2', 'acme.user-3'];
      const dueAtMs = EXAMPLE_NOW_MS;
      for (const id of ids)
        await connections().replaceGeneration(exampleConnection({ connectionId: id, dueAtMs }));
      await spoil(tables.connections, { connectionId: { S: 'acme.user-2' } }, attribute);
      const dueIndex = await overdueConnections();
      expect(dueIndex.map((due) => due.connectionId).toSorted()).toEqual(ids);
      expect(
        dueIndex.find((due) => due.connectionId === 'acme.user-2')?.[attribute as 'state'],
      ).toBeUndefined();
    },
  );

  test.each(['-1', '0.5'])('a due time at %s hides no other', async (dueAtMs) => {
    for (const id of ['acme.user-1', 'acme.user-2'])
      await connections().replaceGeneration(exampleConnection({ connectionId: id, dueAtMs: EXAMPLE_NOW_MS }));
    await dynamoDb.sdk.send(
      new UpdateItemCommand({
        TableName: tables.connections,
        Key: { connectionId: { S: 'acme.user-2' } },
        UpdateExpression: 'SET dueAtMs = :odd',
        ExpressionAttributeValues: { ':odd': { N: dueAtMs } },
      }),
    );
    expect(await overdueConnections()).toHaveLength(2);
  });

  test('a new consent heals a connection whose generation is gone', async () => {
    const Item = { ...connectionKey, state: { S: 'active' } };
    await dynamoDb.sdk.send(new PutItemCommand({ TableName: tables.connections, Item }));
    expect(await connections().replaceGeneration(connection)).toBe('written');
    expect(await connections().read(connectionId)).toStrictEqual(connection);
  });

  describe('an access token', () => {
    const token = exampleAccessToken();
    const key = { ...connectionKey, scopeSet: { S: '*' } };
    const later = exampleGeneration(EXAMPLE_NOW_MS + 1);

    test('carries the moment DynamoDB may delete it, tombstones included', async () => {
      await accessTokens().publish(token, 1_900_000_000);
      expect(await itemOf(tables.accessTokens, key)).toMatchObject({ ttlEpochSeconds: { N: '1900000000' } });
      await accessTokens().invalidateOlder(connectionId, '*', later, 1_900_000_001);
      expect(await itemOf(tables.accessTokens, key)).toStrictEqual({
        ...key,
        kind: { S: 'tombstone' },
        generation: { S: later },
        ttlEpochSeconds: { N: '1900000001' },
      });
    });

    test('that is spoilt is malformed, and is invalidated and published over all the same', async () => {
      await accessTokens().publish(token, 1);
      await spoil(tables.accessTokens, key, 'expiresAtMs');
      await expect(accessTokens().read(connectionId, '*')).rejects.toMatchObject({ code: 'ITEM_MALFORMED' });
      expect(await accessTokens().list(connectionId)).toEqual([{ kind: 'unreadable', scopeSet: '*' }]);
      expect(await accessTokens().publish(token, 1)).toBe('published');
      await spoil(tables.accessTokens, key, 'sealed');
      expect(await accessTokens().invalidateOlder(connectionId, '*', later, 1)).toStrictEqual({
        kind: 'invalidated',
      });
    });

    test('of an unknown kind is malformed', async () => {
      await accessTokens().publish(token, 1);
      await spoil(tables.accessTokens, key, 'kind');
      await expect(accessTokens().read(connectionId, '*')).rejects.toMatchObject({ code: 'ITEM_MALFORMED' });
    });
  });

  describe('Ephemeral', () => {
    const expiresAtMs = EXAMPLE_NOW_MS + 1;
    const ttlEpochSeconds = { N: String(EXAMPLE_NOW_MS / 1_000 + 1) };

    test('keys show what an item is, and every item may be deleted after it expires', async () => {
      const session = {
        sessionDigest: 'd1',
        connectionId,
        returnUrlKey: 'key-of-a-url',
        replace: false,
        expiresAtMs,
      };
      const pending = { codeDigest: 'd3', kind: 'sign-in', connection, replace: false } as const;
      await consents().openSession(session);
      await consents().consume('d2', expiresAtMs);
      await consents().keepPending({ ...pending, keptPrevious: false, expiresAtMs });
      for (const key of ['session#d1', 'state#d2', 'code#d3']) {
        const item = await itemOf(tables.ephemeral, { key: { S: key } });
        expect(item).toMatchObject({ ttlEpochSeconds });
      }
    });

    test('an outcome and a redeem move the end of their items', async () => {
      const outcome = { kind: 'declined' } as const;
      await consents().consume('d2', 1_000);
      await consents().recordOutcome('d2', outcome, expiresAtMs);
      expect(await itemOf(tables.ephemeral, { key: { S: 'state#d2' } })).toMatchObject({ ttlEpochSeconds });
      const pending = { codeDigest: 'd3', kind: 'sign-in', connection, replace: false } as const;
      await consents().keepPending({ ...pending, keptPrevious: false, expiresAtMs: 1_000 });
      await consents().pending.markRedeemed('d3', expiresAtMs);
      expect(await itemOf(tables.ephemeral, { key: { S: 'code#d3' } })).toMatchObject({ ttlEpochSeconds });
    });

    test('spoilt items are malformed', async () => {
      await consents().consume('d2', expiresAtMs);
      await spoil(tables.ephemeral, { key: { S: 'state#d2' } }, 'outcome');
      await expect(consents().consume('d2', expiresAtMs)).rejects.toMatchObject({ code: 'ITEM_MALFORMED' });
      const breakers = createBreakerStore(ephemeral());
      await breakers.write({ revision: 0, recent: [] });
      await spoil(tables.ephemeral, { key: { S: 'breakers' } }, 'recent');
      await expect(breakers.read()).rejects.toMatchObject({ code: 'ITEM_MALFORMED' });
    });
  });
});
