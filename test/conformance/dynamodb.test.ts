import {
  type AttributeValue,
  BatchGetItemCommand,
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  type ScanCommandOutput,
  UpdateItemCommand,
  type UpdateItemCommandInput,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConformanceTarget, conformanceTarget, errorNameOf, uniqueName } from './conformance-target.ts';

describe('DynamoDB', () => {
  const TableName = uniqueName('conformance');
  let target: ConformanceTarget;
  let client: DynamoDBClient;

  beforeAll(async () => {
    target = await conformanceTarget();
    client = new DynamoDBClient(target.clientConfig);
    await client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        AttributeDefinitions: [
          { AttributeName: 'id', AttributeType: 'S' },
          { AttributeName: 'dueShard', AttributeType: 'N' },
          { AttributeName: 'dueAt', AttributeType: 'N' },
        ],
        GlobalSecondaryIndexes: [
          {
            IndexName: 'due',
            KeySchema: [
              { AttributeName: 'dueShard', KeyType: 'HASH' },
              { AttributeName: 'dueAt', KeyType: 'RANGE' },
            ],
            Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['expiry'] },
          },
        ],
      }),
    );
    await waitUntilTableExists({ client, maxWaitTime: 120, minDelay: 1 }, { TableName });
  });
  afterAll(async () => {
    await client.send(new DeleteTableCommand({ TableName }));
    client.destroy();
    await target.stop();
  });

  const put = (id: string, more: Record<string, { S: string } | { N: string }> = {}, condition?: string) =>
    client.send(
      new PutItemCommand({ TableName, Item: { id: { S: id }, ...more }, ConditionExpression: condition }),
    );
  const get = async (id: string) => {
    const answer = await client.send(
      new GetItemCommand({ TableName, Key: { id: { S: id } }, ConsistentRead: true }),
    );
    return answer.Item;
  };
  const update = (id: string, input: Partial<UpdateItemCommandInput>) =>
    client.send(new UpdateItemCommand({ TableName, Key: { id: { S: id } }, ...input }));
  const overdue = (shard: string, before: string) =>
    client.send(
      new QueryCommand({
        TableName,
        IndexName: 'due',
        KeyConditionExpression: 'dueShard = :shard AND dueAt < :before',
        ExpressionAttributeValues: { ':shard': { N: shard }, ':before': { N: before } },
      }),
    );

  it('puts once under attribute_not_exists', async () => {
    await put('once', {}, 'attribute_not_exists(id)');
    expect(await errorNameOf(put('once', {}, 'attribute_not_exists(id)'))).toBe(
      'ConditionalCheckFailedException',
    );
  });

  it('claims, commits and releases by conditions on several attributes', async () => {
    await put('claimed', { generation: { S: 'g1' }, version: { N: '1' } });
    const claim = (now: string) =>
      update('claimed', {
        UpdateExpression: 'SET lease = :lease',
        ConditionExpression:
          'generation = :g AND version = :v AND (attribute_not_exists(lease) OR lease.#until < :now)',
        ExpressionAttributeNames: { '#until': 'until' },
        ExpressionAttributeValues: {
          ':lease': { M: { runId: { S: 'a' }, until: { N: '100' } } },
          ':g': { S: 'g1' },
          ':v': { N: '1' },
          ':now': { N: now },
        },
      });
    expect(await errorNameOf(claim('50'))).toBe('no error');
    expect(await errorNameOf(claim('99'))).toBe('ConditionalCheckFailedException');
    expect(await errorNameOf(claim('101'))).toBe('no error');
    await update('claimed', {
      UpdateExpression: 'SET version = version + :one REMOVE lease',
      ConditionExpression: 'generation = :g',
      ExpressionAttributeValues: { ':one': { N: '1' }, ':g': { S: 'g1' } },
    });
    expect(await get('claimed')).toEqual({
      id: { S: 'claimed' },
      generation: { S: 'g1' },
      version: { N: '2' },
    });
  });

  it('compares generations as text in a condition', async () => {
    await put('newer', { generation: { S: '0002' } });
    const replace = (mine: string) =>
      update('newer', {
        UpdateExpression: 'SET generation = :mine',
        ConditionExpression: 'attribute_not_exists(generation) OR generation < :mine',
        ExpressionAttributeValues: { ':mine': { S: mine } },
      });
    expect(await errorNameOf(replace('0001'))).toBe('ConditionalCheckFailedException');
    expect(await errorNameOf(replace('0003'))).toBe('no error');
  });

  it('shows an item in a sparse index only while it has the index key', async () => {
    await put('indexed', { dueShard: { N: '1' }, dueAt: { N: '1900000000000' }, expiry: { N: '7' } });
    await put('late', { dueShard: { N: '1' }, dueAt: { N: '2000000000000' } });
    await expect
      .poll(async () => (await overdue('1', '1950000000000')).Items)
      .toEqual([
        { id: { S: 'indexed' }, dueShard: { N: '1' }, dueAt: { N: '1900000000000' }, expiry: { N: '7' } },
      ]);
    await update('indexed', { UpdateExpression: 'REMOVE dueAt' });
    await expect.poll(async () => (await overdue('1', '1950000000000')).Count).toBe(0);
  });

  it('appends to and removes from a list', async () => {
    await put('outbox');
    const append = (id: string) =>
      update('outbox', {
        UpdateExpression: 'SET events = list_append(if_not_exists(events, :none), :event)',
        ExpressionAttributeValues: { ':none': { L: [] }, ':event': { L: [{ S: id }] } },
      });
    await append('e1');
    await append('e2');
    await update('outbox', { UpdateExpression: 'REMOVE events[0]' });
    expect((await get('outbox'))?.events).toEqual({ L: [{ S: 'e2' }] });
  });

  it('keeps bytes as they are', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    await client.send(new PutItemCommand({ TableName, Item: { id: { S: 'bytes' }, sealed: { B: bytes } } }));
    expect(Buffer.from((await get('bytes'))?.sealed?.B ?? [])).toEqual(Buffer.from(bytes));
  });

  it('gets several items at once and leaves out what is missing', async () => {
    await put('several-1');
    await put('several-2');
    const Keys = ['several-1', 'several-2', 'several-3'].map((id) => ({ id: { S: id } }));
    const answer = await client.send(new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys } } }));
    expect(answer.Responses?.[TableName]?.map((item) => item.id?.S).sort()).toEqual([
      'several-1',
      'several-2',
    ]);
  });

  it('says what a put has replaced, and changes nothing where the condition fails', async () => {
    await put('replaced', { generation: { S: 'g1' } });
    const replace = (generation: string) =>
      client.send(
        new PutItemCommand({
          TableName,
          Item: { id: { S: 'replaced' }, generation: { S: generation } },
          ConditionExpression: 'generation < :mine',
          ExpressionAttributeValues: { ':mine': { S: generation } },
          ReturnValues: 'ALL_OLD',
        }),
      );
    expect((await replace('g2')).Attributes?.generation).toEqual({ S: 'g1' });
    expect(await errorNameOf(replace('g0'))).toBe('ConditionalCheckFailedException');
    expect((await get('replaced'))?.generation).toEqual({ S: 'g2' });
  });

  it('scans in pages, each from where the last one ended', async () => {
    const ids = Array.from({ length: 5 }, (_, number) => `page-${number}`);
    for (const id of ids) await put(id, { paged: { S: 'yes' } });
    const found: (string | undefined)[] = [];
    let ExclusiveStartKey: Record<string, AttributeValue> | undefined;
    do {
      const page: ScanCommandOutput = await client.send(
        new ScanCommand({
          TableName,
          Limit: 2,
          FilterExpression: 'attribute_exists(paged)',
          ExclusiveStartKey,
        }),
      );
      expect(page.ScannedCount).toBeLessThanOrEqual(2);
      found.push(...(page.Items ?? []).map(({ id }) => id?.S));
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey !== undefined);
    expect(found.sort()).toEqual(ids);
  });

  it('refuses a request that it cannot parse', async () => {
    const reserved = update('any', {
      UpdateExpression: 'SET state = :s',
      ExpressionAttributeValues: { ':s': { S: 'x' } },
    });
    expect(await errorNameOf(reserved)).toBe('ValidationException');
    const noTable = new GetItemCommand({ TableName: uniqueName('missing'), Key: { id: { S: 'x' } } });
    expect(await errorNameOf(client.send(noTable))).toBe('ResourceNotFoundException');
  });
});
