import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DeleteItemCommandInput,
  DynamoDBClient,
  type DynamoDBClientConfig,
  GetItemCommand,
  type GetItemCommandInput,
  PutItemCommand,
  type PutItemCommandInput,
  QueryCommand,
  type QueryCommandInput,
  type QueryCommandOutput,
  ScanCommand,
  type ScanCommandInput,
  type ScanCommandOutput,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { observeClockSkew } from './clock-skew.ts';
import { toStoreError } from './store-error.ts';

export type Item = Record<string, AttributeValue>;

/** The calls the stores need. A failed condition is a value; every other failure is a `PlatformError`. */
export interface DynamoDbClient {
  /** Strongly consistent. */
  get(input: Omit<GetItemCommandInput, 'ConsistentRead'>): Promise<Item | undefined>;
  query(input: QueryCommandInput): Promise<QueryCommandOutput>;
  scan(input: ScanCommandInput): Promise<ScanCommandOutput>;
  put(input: PutItemCommandInput): Promise<ConditionalWrite>;
  update(input: UpdateItemCommandInput): Promise<ConditionalWrite>;
  delete(input: DeleteItemCommandInput): Promise<ConditionalWrite>;
  /** How far this machine's clock is ahead of DynamoDB's, by the last answer of either kind; undefined before the first. */
  clockSkewMs(): number | undefined;
}

/** `replaced` is there when `ReturnValues` asked for it. */
export type ConditionalWrite = 'conflict' | { readonly replaced?: Item };

export interface DynamoDbClientOptions {
  /** The longest any one attempt may take, connection included. */
  readonly callTimeoutMs: number;
  /** For reads only. A write is sent once: its own retry after a lost reply would fail its own condition. */
  readonly maxAttempts: number;
}

export function createDynamoDbClient(
  { callTimeoutMs, maxAttempts }: DynamoDbClientOptions,
  config: DynamoDBClientConfig = {},
): DynamoDbClient {
  const requestHandler = {
    connectionTimeout: callTimeoutMs,
    requestTimeout: callTimeoutMs,
    socketTimeout: callTimeoutMs,
    throwOnRequestTimeout: true,
  };
  const reader = new DynamoDBClient({ maxAttempts, requestHandler, ...config });
  const { credentials } = reader.config;
  // Both share sockets and credentials.
  const writer = new DynamoDBClient({
    ...config,
    maxAttempts: 1,
    requestHandler: reader.config.requestHandler,
    credentials,
  });
  const skew = observeClockSkew([reader, writer]);

  return {
    async get(input) {
      const command = new GetItemCommand({ ...input, ConsistentRead: true });
      const { Item } = await orFault(reader.send(command));
      return Item;
    },
    query: (input) => orFault(reader.send(new QueryCommand(input))),
    scan: (input) => orFault(reader.send(new ScanCommand(input))),
    put: (input) => conditional(writer.send(new PutItemCommand(input))),
    update: (input) => conditional(writer.send(new UpdateItemCommand(input))),
    delete: (input) => conditional(writer.send(new DeleteItemCommand(input))),
    clockSkewMs: skew,
  };
}

async function orFault<Answer>(sent: Promise<Answer>): Promise<Answer> {
  try {
    return await sent;
  } catch (cause) {
    throw toStoreError(cause);
  }
}

async function conditional(sent: Promise<{ Attributes?: Item | undefined }>): Promise<ConditionalWrite> {
  try {
    const { Attributes } = await sent;
    return Attributes === undefined ? {} : { replaced: Attributes };
  } catch (cause) {
    if (cause instanceof ConditionalCheckFailedException) return 'conflict';
    throw toStoreError(cause);
  }
}
