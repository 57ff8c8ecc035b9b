import {
  BatchGetItemCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import type { AwsEndpoint } from '../../../local/aws/aws-endpoint.ts';
import { createDynamoDbService, type DynamoDbService } from '../../../local/aws/dynamodb/dynamodb-service.ts';
import {
  accountId,
  allowAll,
  clientConfig,
  directoryOf,
  errorNameOf,
  region,
  roleNamed,
  START_AT_MS,
  withEndpoint,
} from './local-account.ts';

const tableArn = `arn:aws:dynamodb:${region}:${accountId}:table/Connections`;
const admin = roleNamed('admin', [allowAll]);
const reconcile = roleNamed('reconcile', [
  { Effect: 'Allow', Action: 'dynamodb:Query', Resource: `${tableArn}/index/due` },
]);
const tenant = roleNamed('tenant', [
  {
    Effect: 'Allow',
    Action: ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query', 'dynamodb:Scan'],
    Resource: tableArn,
    Condition: {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['acme.*'] },
      Null: { 'dynamodb:LeadingKeys': 'false' },
    },
  },
]);

const properties = {
  TableName: 'Connections',
  BillingMode: 'PAY_PER_REQUEST',
  DeletionProtectionEnabled: true,
  PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  KeySchema: [{ AttributeName: 'connectionId', KeyType: 'HASH' }],
  AttributeDefinitions: [
    { AttributeName: 'connectionId', AttributeType: 'S' },
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
      Projection: { ProjectionType: 'KEYS_ONLY' },
    },
  ],
};

interface Clients {
  admin: DynamoDBClient;
  reconcile: DynamoDBClient;
  tenant: DynamoDBClient;
}

async function run(
  test: (clients: Clients, service: DynamoDbService, endpoint: AwsEndpoint) => Promise<void>,
  nowMs = () => START_AT_MS,
) {
  const service = createDynamoDbService({ accountId, region, nowMs });
  await service.createTable(properties);
  const directory = directoryOf(admin, reconcile, tenant);
  await withEndpoint({ directory, services: [service] }, (url, endpoint) =>
    test(
      {
        admin: new DynamoDBClient(clientConfig(url, admin)),
        reconcile: new DynamoDBClient(clientConfig(url, reconcile)),
        tenant: new DynamoDBClient(clientConfig(url, tenant)),
      },
      service,
      endpoint,
    ),
  );
}

const TableName = 'Connections';

function put(id: string, dueAt: number) {
  return new PutItemCommand({
    TableName,
    Item: { connectionId: { S: id }, dueShard: { N: '3' }, dueAt: { N: String(dueAt) } },
  });
}

function get(id: string) {
  return new GetItemCommand({ TableName, Key: { connectionId: { S: id } } });
}

function overdue(beforeMs: number) {
  return new QueryCommand({
    TableName,
    IndexName: 'due',
    KeyConditionExpression: '#shard = :shard AND dueAt < :before',
    ExpressionAttributeNames: { '#shard': 'dueShard' },
    ExpressionAttributeValues: { ':shard': { N: '3' }, ':before': { N: String(beforeMs) } },
  });
}

describe('the DynamoDB stand-in', () => {
  it('stores, reads and queries by a sparse index', () =>
    run(async (clients) => {
      await clients.admin.send(put('acme.1', 100));
      await clients.admin.send(put('acme.2', 200));
      expect((await clients.admin.send(get('acme.1'))).Item?.dueAt).toEqual({ N: '100' });
      const found = await clients.reconcile.send(overdue(150));
      expect(found.Items?.map((item) => item.connectionId?.S)).toEqual(['acme.1']);
    }));

  it('refuses an update whose condition does not hold', () =>
    run(async (clients) => {
      const update = new UpdateItemCommand({
        TableName,
        Key: { connectionId: { S: 'acme.1' } },
        UpdateExpression: 'SET version = :one',
        ConditionExpression: 'attribute_exists(connectionId)',
        ExpressionAttributeValues: { ':one': { N: '1' } },
      });
      expect(await errorNameOf(clients.admin.send(update))).toBe('ConditionalCheckFailedException');
    }));

  it('describes a table under the account it stands in for', () =>
    run(async (clients) => {
      const { Table } = await clients.admin.send(new DescribeTableCommand({ TableName }));
      expect(Table?.TableArn).toBe(tableArn);
      expect(Table?.TableStatus).toBe('ACTIVE');
      const missing = new DescribeTableCommand({ TableName: 'Missing' });
      expect(await errorNameOf(clients.admin.send(missing))).toBe('ResourceNotFoundException');
    }));

  it('fences a tenant by the partition keys a request names', () =>
    run(async ({ tenant: client }) => {
      const batch = (...ids: string[]) =>
        new BatchGetItemCommand({
          RequestItems: { [TableName]: { Keys: ids.map((id) => ({ connectionId: { S: id } })) } },
        });
      const query = (id: string) =>
        new QueryCommand({
          TableName,
          KeyConditionExpression: 'connectionId = :id',
          ExpressionAttributeValues: { ':id': { S: id } },
        });
      expect(await errorNameOf(client.send(get('acme.1')))).toBe('no error');
      expect(await errorNameOf(client.send(get('other.1')))).toBe('AccessDeniedException');
      expect(await errorNameOf(client.send(batch('acme.1', 'acme.2')))).toBe('no error');
      expect(await errorNameOf(client.send(batch('acme.1', 'other.1')))).toBe('AccessDeniedException');
      expect(await errorNameOf(client.send(query('acme.1')))).toBe('no error');
      expect(await errorNameOf(client.send(query('other.1')))).toBe('AccessDeniedException');
      expect(await errorNameOf(client.send(new ScanCommand({ TableName })))).toBe('AccessDeniedException');
      expect(await errorNameOf(client.send(put('acme.1', 1)))).toBe('AccessDeniedException');
    }));

  it('asks IAM about the index that is read, not its table', () =>
    run(async ({ reconcile: client }) => {
      expect(await errorNameOf(client.send(overdue(1)))).toBe('no error');
      expect(await errorNameOf(client.send(get('acme.1')))).toBe('AccessDeniedException');
    }));

  it('gives IAM the attributes that a request touches', () =>
    run(async ({ admin: client }, _service, { authorizer }) => {
      await client.send(
        new GetItemCommand({
          TableName,
          Key: { connectionId: { S: 'acme.1' } },
          ProjectionExpression: '#state, sealed.#bytes',
          ExpressionAttributeNames: { '#state': 'state', '#bytes': 'bytes' },
        }),
      );
      expect(authorizer.records()[0]?.request).toEqual({
        action: 'dynamodb:GetItem',
        resource: tableArn,
        context: {
          'dynamodb:LeadingKeys': ['acme.1'],
          'dynamodb:Attributes': ['connectionId', 'state', 'sealed'],
          'dynamodb:Select': 'SPECIFIC_ATTRIBUTES',
        },
      });
    }));

  it('counts operations and written items per table', () =>
    run(async (clients, service) => {
      await clients.admin.send(put('acme.1', 1));
      await clients.admin.send(put('acme.2', 1));
      await clients.admin.send(get('acme.1'));
      expect(service.counts(TableName)).toEqual({ operations: { PutItem: 2, GetItem: 1 }, writes: 2 });
      expect(await service.items(TableName)).toHaveLength(2);
    }));

  it('shows an index as it was before the lag, and the table as it is', async () => {
    let nowMs = START_AT_MS;
    await run(
      async ({ admin: client }, service) => {
        const idsOverdue = async () =>
          (await client.send(overdue(1000))).Items?.map((i) => i.connectionId?.S);
        await client.send(put('acme.1', 100));
        await service.lagIndexReads(2_000);
        await client.send(put('acme.1', 5_000));
        await client.send(put('acme.2', 100));
        expect(await idsOverdue()).toEqual(['acme.1']);
        expect((await client.send(get('acme.1'))).Item?.dueAt).toEqual({ N: '5000' });
        nowMs += 2_000;
        expect(await idsOverdue()).toEqual(['acme.2']);
        await client.send(put('acme.3', 200));
        await service.lagIndexReads(0);
        expect(await idsOverdue()).toEqual(['acme.2', 'acme.3']);
      },
      () => nowMs,
    );
  });
});
