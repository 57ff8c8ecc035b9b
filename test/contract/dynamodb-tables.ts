import type { AddressInfo } from 'node:net';
import { CreateTableCommand, type CreateTableCommandInput, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import {
  createDynamoDbClient,
  type DynamoDbClient,
} from '../../functions/platform/dynamodb/dynamodb-client.ts';

/** A DynamoDB of this test file alone: dynalite on a free port of the loopback interface. */
export interface TestDynamoDb {
  readonly endpoint: string;
  /** The vault's own client. */
  readonly client: DynamoDbClient;
  /** A plain client, to look at items and to spoil them. */
  readonly sdk: DynamoDBClient;
  /** Three empty tables, shaped as the stack shapes them. */
  freshTables(): Promise<Tables>;
  stop(): Promise<void>;
}

export interface Tables {
  readonly connections: string;
  readonly accessTokens: string;
  readonly ephemeral: string;
}

export async function startDynamoDb(): Promise<TestDynamoDb> {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const endpoint = `http://127.0.0.1:${port}`;
  pointClientsAt(endpoint);
  const sdk = new DynamoDBClient({ maxAttempts: 1 });
  let made = 0;

  return {
    endpoint,
    client: createDynamoDbClient({ callTimeoutMs: 5_000, maxAttempts: 2 }),
    sdk,
    async freshTables() {
      made += 1;
      const tables = {
        connections: `connections-${made}`,
        accessTokens: `access-tokens-${made}`,
        ephemeral: `ephemeral-${made}`,
      };
      for (const definition of definitionsOf(tables)) await sdk.send(new CreateTableCommand(definition));
      return tables;
    },
    async stop() {
      sdk.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What every AWS SDK client in this process reads when it is made. */
export function pointClientsAt(endpoint: string): void {
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
}

function definitionsOf(tables: Tables): CreateTableCommandInput[] {
  return [
    {
      TableName: tables.connections,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'connectionId', KeyType: 'HASH' }],
      AttributeDefinitions: [
        { AttributeName: 'connectionId', AttributeType: 'S' },
        { AttributeName: 'wakeShard', AttributeType: 'N' },
        { AttributeName: 'wakeAtMs', AttributeType: 'N' },
        { AttributeName: 'subjectKey', AttributeType: 'S' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'wake',
          KeySchema: [
            { AttributeName: 'wakeShard', KeyType: 'HASH' },
            { AttributeName: 'wakeAtMs', KeyType: 'RANGE' },
          ],
          Projection: {
            ProjectionType: 'INCLUDE',
            NonKeyAttributes: ['refreshExpiresAtMs', 'state', 'sliding'],
          },
        },
        {
          IndexName: 'subject',
          KeySchema: [{ AttributeName: 'subjectKey', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
    },
    {
      TableName: tables.accessTokens,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'connectionId', KeyType: 'HASH' },
        { AttributeName: 'scopeSet', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: 'connectionId', AttributeType: 'S' },
        { AttributeName: 'scopeSet', AttributeType: 'S' },
      ],
    },
    {
      TableName: tables.ephemeral,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'key', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'key', AttributeType: 'S' }],
    },
  ];
}
