import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { type CreateTableCommandInput, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  createDynamoDbClient,
  type DynamoDbClient,
} from '../../functions/adapters/dynamodb/dynamodb-client.ts';
import { createDynaliteStore, type DynaliteStore } from '../../local/aws/dynamodb/dynalite-store.ts';
import { CLIENTS_HANG_UP } from '../../local/http/clients-hang-up.ts';

/** A DynamoDB of this test file alone: dynalite on a free port of the loopback interface. */
export interface TestDynamoDb {
  readonly endpoint: string;
  /** The vault's own client. */
  readonly client: DynamoDbClient;
  /** A plain client, to look at items and to spoil them. */
  readonly sdk: DynamoDBClient;
  /** Three empty tables, shaped as the stack shapes them. They can be used at once. */
  freshTables(): Promise<Tables>;
  /** Resolves when no request is worked on any more, those of callers that have gone included. */
  stop(): Promise<void>;
}

export interface Tables {
  readonly connections: string;
  readonly accessTokens: string;
  readonly ephemeral: string;
}

/** For hangs: a busy machine takes seconds to answer. */
const CALL_TIMEOUT_MS = 60_000;

export async function startDynamoDb(): Promise<TestDynamoDb> {
  const store = createDynaliteStore();
  const server = await serve(store);
  const pointBack = pointClientsAt(server.endpoint);
  const sdk = new DynamoDBClient({ maxAttempts: 1 });
  let made = 0;

  return {
    endpoint: server.endpoint,
    client: createDynamoDbClient({ callTimeoutMs: CALL_TIMEOUT_MS, maxAttempts: 2 }),
    sdk,
    async freshTables() {
      made += 1;
      const tables = {
        connections: `connections-${made}`,
        accessTokens: `access-tokens-${made}`,
        ephemeral: `ephemeral-${made}`,
      };
      await Promise.all(definitionsOf(tables).map(store.createTable));
      return tables;
    },
    async stop() {
      sdk.destroy();
      await server.stop();
      pointBack();
    },
  };
}

/**
 * A socket in front of the store. dynalite's own server closes its database under requests whose callers have gone, and
 * such a request then ends the process with "Database is not open".
 */
async function serve(store: DynaliteStore): Promise<{ endpoint: string; stop(): Promise<void> }> {
  const inFlight = new Set<Promise<void>>();
  const server = createServer(CLIENTS_HANG_UP, (request, response) => {
    const answered = answer(store, request, response).catch(() => void response.destroy());
    inFlight.add(answered);
    void answered.then(() => inFlight.delete(answered));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      while (inFlight.size > 0) await Promise.all(inFlight);
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(store: DynaliteStore, request: IncomingMessage, response: ServerResponse) {
  const operation = String(request.headers['x-amz-target']).replace(/^.*\./, '');
  const { status, body } = await store.run(operation, await buffer(request));
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(body);
}

/**
 * What every AWS SDK client in this process reads when it is made.
 * @returns puts the former values back, for the next file of the same process
 */
export function pointClientsAt(endpoint: string): () => void {
  const variables = {
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
  const previous = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  return () => {
    for (const [name, value] of previous) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
}

function definitionsOf(tables: Tables): (CreateTableCommandInput & { TableName: string })[] {
  return [
    {
      TableName: tables.connections,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'connectionId', KeyType: 'HASH' }],
      AttributeDefinitions: [
        { AttributeName: 'connectionId', AttributeType: 'S' },
        { AttributeName: 'dueShard', AttributeType: 'N' },
        { AttributeName: 'dueAtMs', AttributeType: 'N' },
        { AttributeName: 'subjectKey', AttributeType: 'S' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'due',
          KeySchema: [
            { AttributeName: 'dueShard', KeyType: 'HASH' },
            { AttributeName: 'dueAtMs', KeyType: 'RANGE' },
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
