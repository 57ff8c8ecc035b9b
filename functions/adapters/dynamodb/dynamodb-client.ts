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
import { httpDateMs } from '../../core/moment.ts';
import { PlatformError } from '../../core/platform-error.ts';
import { DYNAMODB_ERRORS, toPlatformError } from '../aws/aws-errors.ts';
import { createFreshSockets } from '../aws/fresh-sockets.ts';

export type Item = Record<string, AttributeValue>;

/** The calls the stores need. A failed condition is a value; every other failure is a `PlatformError`. */
export interface DynamoDbClient {
  /** Strongly consistent. */
  get(input: Omit<GetItemCommandInput, 'ConsistentRead'>): Promise<Item | undefined>;
  query(input: QueryCommandInput): Promise<QueryCommandOutput>;
  scan(input: ScanCommandInput): Promise<ScanCommandOutput>;
  put(input: PutItemCommandInput, repetition?: Repetition): Promise<ConditionalWrite>;
  update(input: UpdateItemCommandInput, repetition?: Repetition): Promise<ConditionalWrite>;
  delete(input: DeleteItemCommandInput, repetition?: Repetition): Promise<ConditionalWrite>;
  /** How far this machine's clock is ahead of DynamoDB's, by the last answer of either kind; undefined before the first. */
  clockSkewMs(): number | undefined;
}

/** `replaced` is there when `ReturnValues` asked for it. */
export type ConditionalWrite = 'conflict' | { readonly replaced?: Item };

/**
 * How a write is repeated when its connection broke, or stayed silent, before it was answered: once, and only if stated. The
 * first one may have been applied.
 *
 * - `idempotent`: to write it twice leaves what to write it once leaves.
 * - a function: the first one ends the write's own condition. When the second one meets a conflict, the function reads whether
 *   what is stored is this write. If not, this write was never applied.
 * - `instead`: runs in place of the second one. It returns `unknown` where it cannot tell, and the first error is thrown.
 */
export type Repetition =
  | 'idempotent'
  | (() => Promise<boolean>)
  | { readonly instead: () => Promise<ConditionalWrite | 'unknown'> };

export interface DynamoDbClientOptions {
  /** The longest any one attempt may take, connection included. */
  readonly callTimeoutMs: number;
  /** For reads only. The SDK never sends a write again: its retry after a lost reply would fail its own condition. */
  readonly maxAttempts: number;
}

export function createDynamoDbClient(
  { callTimeoutMs, maxAttempts }: DynamoDbClientOptions,
  config: DynamoDBClientConfig = {},
): DynamoDbClient {
  const { httpAgent, httpsAgent, closeIdle } = createFreshSockets();
  const requestHandler = {
    httpAgent,
    httpsAgent,
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
  const written = async (send: () => Promise<WriteAnswer>, repetition?: Repetition) => {
    const first = await conditional(send()).catch((error: unknown) => {
      if (repetition === undefined || !isConnectionLost(error)) throw error;
      return { lostBy: error };
    });
    if (first === 'conflict' || !('lostBy' in first)) return first;
    // The other idle sockets may be as old as the one that failed.
    closeIdle();
    if (typeof repetition === 'object') {
      const outcome = await repetition.instead();
      if (outcome === 'unknown') throw first.lostBy;
      return outcome;
    }
    const second = await conditional(send());
    const isOwn = second === 'conflict' && typeof repetition === 'function' && (await repetition());
    return isOwn ? {} : second;
  };

  return {
    async get(input) {
      const command = new GetItemCommand({ ...input, ConsistentRead: true });
      const { Item } = await orFault(reader.send(command));
      return Item;
    },
    query: (input) => orFault(reader.send(new QueryCommand(input))),
    scan: (input) => orFault(reader.send(new ScanCommand(input))),
    put: (input, repetition) => written(() => writer.send(new PutItemCommand(input)), repetition),
    update: (input, repetition) => written(() => writer.send(new UpdateItemCommand(input)), repetition),
    delete: (input, repetition) => written(() => writer.send(new DeleteItemCommand(input)), repetition),
    clockSkewMs: skew,
  };
}

async function orFault<Answer>(sent: Promise<Answer>): Promise<Answer> {
  try {
    return await sent;
  } catch (cause) {
    throw toPlatformError(DYNAMODB_ERRORS, cause);
  }
}

interface WriteAnswer {
  readonly Attributes?: Item | undefined;
}

/** The socket was closed, or no answer came in time. */
const CONNECTION_LOST: ReadonlySet<string | undefined> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'TimeoutError',
]);

function isConnectionLost(error: unknown): boolean {
  return error instanceof PlatformError && CONNECTION_LOST.has(error.reason);
}

async function conditional(sent: Promise<WriteAnswer>): Promise<ConditionalWrite> {
  try {
    const { Attributes } = await sent;
    return Attributes === undefined ? {} : { replaced: Attributes };
  } catch (cause) {
    if (cause instanceof ConditionalCheckFailedException) return 'conflict';
    throw toPlatformError(DYNAMODB_ERRORS, cause);
  }
}

/** The `Date` header (RFC 9110 §6.6.1) cuts off the fraction of the second; the middle of it is the best guess. */
const HALF_A_SECOND_MS = 500;

/** Notes the `Date` header of every answer of these clients, errors included. */
function observeClockSkew(clients: readonly DynamoDBClient[]): () => number | undefined {
  let skewMs: number | undefined;
  for (const client of clients) {
    client.middlewareStack.add(
      (next) => async (args) => {
        const answer = await next(args);
        const storeMs = dateHeaderMs(answer.response);
        if (storeMs !== undefined) skewMs = Date.now() - storeMs - HALF_A_SECOND_MS;
        return answer;
      },
      // Next to the wire: outside of it, an error answer would be thrown before it is seen.
      { step: 'deserialize', priority: 'low', name: 'observeClockSkew' },
    );
  }
  return () => skewMs;
}

function dateHeaderMs(response: unknown): number | undefined {
  if (typeof response !== 'object' || response === null || !('headers' in response)) return undefined;
  const headers = response.headers;
  if (typeof headers !== 'object' || headers === null || !('date' in headers)) return undefined;
  return httpDateMs(String(headers.date));
}
