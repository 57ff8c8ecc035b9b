import type { ListedConnectionResponse } from '../../client/contract.ts';
import { createBreakerStore } from '../../functions/adapters/dynamodb/breaker-store.ts';
import { createDueIndex } from '../../functions/adapters/dynamodb/connection-indexes.ts';
import {
  createDynamoDbClient,
  type DynamoDbClient,
} from '../../functions/adapters/dynamodb/dynamodb-client.ts';
import type { OverdueConnection } from '../../functions/core/ports/connections.ts';
import { type Breakers, boundedBreakers } from '../../functions/core/rotation/breakers.ts';
import type { AwsConfig } from '../aws-config.ts';
import type { VaultApi } from '../vault-api.ts';
import type { FleetFacts, MissedFacts } from './vault-facts.ts';

/** A list of the API holds at most this many connections. */
const PAGE_SIZE = 200;
/** `doctor` is to answer within seconds, also for a fleet of a million: it counts this many connections and says so. */
const MOST_PAGES = 25;
/** A due time counts as missed when the reconciler would call it so. */
const MISSED_AFTER_MS = 30 * 60_000;
const MOST_MISSED_IN_A_SHARD = 200;
const EXAMPLES = 3;

export function doctorTables(config: AwsConfig): DynamoDbClient {
  return createDynamoDbClient({ callTimeoutMs: 5_000, maxAttempts: 2 }, config);
}

export async function askBreakers(
  client: DynamoDbClient,
  tableName: string,
  nowMs: number,
): Promise<Breakers> {
  return boundedBreakers(await createBreakerStore({ client, tableName }).read(), nowMs);
}

/** Due times that have passed and that no run has handled: the whole fleet, by its index, up to a bound. */
export async function askMissed(
  client: DynamoDbClient,
  tableName: string,
  nowMs: number,
): Promise<MissedFacts> {
  const index = createDueIndex({ client, tableName });
  const shards = Array.from({ length: index.shardCount }, (_, shard) =>
    index.overdue({ shard, untilMs: nowMs - MISSED_AFTER_MS, limit: MOST_MISSED_IN_A_SHARD }),
  );
  const pages = await Promise.all(shards);
  const overdue = pages.flatMap((page) => page.overdue);
  return {
    count: overdue.length,
    complete: pages.every(({ cursor }) => cursor === undefined),
    ...leastOf(
      'oldestDueAtMs',
      overdue.map(({ dueAtMs }) => dueAtMs),
    ),
    ...leastOf('firstExpiryMs', overdue.flatMap(expiryOf)),
  };
}

function expiryOf({ refreshExpiresAtMs }: OverdueConnection): readonly number[] {
  return refreshExpiresAtMs === undefined ? [] : [refreshExpiresAtMs];
}

/** Counts the connections, page by page. It stops at a bound, and says so. */
export async function askFleet(api: Pick<VaultApi, 'list'>): Promise<FleetFacts> {
  const connections: ListedConnectionResponse[] = [];
  let cursor: string | undefined;
  let pages = 0;
  do {
    const page = await api.list({ limit: String(PAGE_SIZE), ...(cursor !== undefined && { cursor }) });
    connections.push(...page.connections);
    cursor = page.nextCursor;
    pages += 1;
  } while (cursor !== undefined && pages < MOST_PAGES);
  return { ...fleetFacts(connections), complete: cursor === undefined };
}

/** Pure. */
export function fleetFacts(connections: readonly ListedConnectionResponse[]): Omit<FleetFacts, 'complete'> {
  const byState: Record<string, number> = {};
  for (const { state } of connections) byState[state] = (byState[state] ?? 0) + 1;
  const late = connections.filter(({ lateSince }) => lateSince !== undefined);
  const withReason = (reason: ListedConnectionResponse['noNewTokens']) =>
    connections.filter(({ noNewTokens }) => noNewTokens === reason).length;
  const namesOf = (some: readonly ListedConnectionResponse[]) =>
    some.slice(0, EXAMPLES).map(({ connectionId }) => connectionId);
  const degraded = connections.filter((one) => one.degraded !== undefined);
  return {
    counted: connections.length,
    byState,
    late: late.length,
    lateExamples: namesOf(late.toSorted((one, other) => endOf(one) - endOf(other))),
    expired: withReason('expired'),
    notRenewable: withReason('not_renewable'),
    degraded: degraded.length,
    degradedExamples: namesOf(degraded),
    ...leastOf(
      'lateSinceMs',
      late.map(({ lateSince }) => Date.parse(lateSince ?? '')),
    ),
    ...leastOf('lateFirstExpiryMs', late.map(endOf)),
  };
}

function endOf({ refreshExpiresAt }: ListedConnectionResponse): number {
  return Date.parse(refreshExpiresAt ?? '9999-01-01T00:00:00Z');
}

function leastOf<Name extends string>(
  name: Name,
  values: readonly number[],
): { readonly [Key in Name]?: number } {
  const least = values.reduce((one, other) => Math.min(one, other), Number.POSITIVE_INFINITY);
  return (Number.isFinite(least) ? { [name]: least } : {}) as { readonly [Key in Name]?: number };
}
