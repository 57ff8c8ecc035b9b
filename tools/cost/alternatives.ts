import { DUE_SHARDS } from '../../functions/adapters/dynamodb/connection-item.ts';
import { ASSUMED, GB, gbOf, MONTH_SECONDS } from './assumptions.ts';
import type { Item } from './bill.ts';
import type { MeasuredCounts } from './measured-counts.ts';
import { usd } from './price-list.ts';
import { type Fleet, fleetCounts } from './usage.ts';

const MINUTES = MONTH_SECONDS / 60;
const MILLION = 1_000_000;

/** A secret per user: stored, read and written for each rotation, read for each vend. */
export function secretPerUser(measured: MeasuredCounts, fleet: Fleet): number {
  const { posts, vends } = fleetCounts(measured, fleet);
  return usd('secret', fleet.connections) + usd('secretCall', 2 * posts + vends);
}

/** A job that scans the whole table every minute for what is due, eventually consistent. */
export function scanEveryMinute({ connectionBytes }: MeasuredCounts, connections: number): number {
  const pages = Math.ceil((connections * (connectionBytes + ASSUMED.itemOverheadBytes)) / 4_096);
  return usd('dynamoDbReadUnit', (pages / 2) * MINUTES);
}

/** A job that queries the index for what is due every minute, as the reconciler does once an hour. */
export function queryEveryMinute(): number {
  const reads = usd('dynamoDbReadUnit', DUE_SHARDS * 0.5 * MINUTES);
  const work = usd('lambdaGbSecond', (MINUTES * ASSUMED.billedMs.reconcile * gbOf('reconcile')) / 1_000);
  return reads + work + usd('lambdaRequest', MINUTES);
}

/** What a million vends cost on each path. */
export function vendPaths(): readonly Item[] {
  const open = usd('kmsRequest', MILLION);
  const https =
    usd('httpApiRequest', MILLION) +
    usd('lambdaRequest', MILLION) +
    usd('lambdaGbSecond', (MILLION * ASSUMED.billedMs.vendCached * gbOf('access-token')) / 1_000) +
    usd('dynamoDbReadUnit', 2 * MILLION) +
    open +
    usd('dataOut', (MILLION * ASSUMED.vendAnswerBytes) / GB) +
    usd('logIngestion', (MILLION * (ASSUMED.logBytes.vend + ASSUMED.logBytes.apiRequest)) / GB);
  return [
    { name: 'the client’s cache', usd: 0 },
    {
      name: 'direct read, eventually consistent: GetItem + Decrypt',
      usd: usd('dynamoDbReadUnit', MILLION / 2) + open,
    },
    {
      name: 'direct read, strongly consistent: GetItem + Decrypt',
      usd: usd('dynamoDbReadUnit', MILLION) + open,
    },
    { name: 'HTTPS: API Gateway + Lambda + 2 GetItem + Decrypt + logs + data out', usd: https },
    { name: 'compare: Secrets Manager, GetSecretValue', usd: usd('secretCall', MILLION) },
    { name: 'compare: AgentCore Identity, token requests', usd: usd('agentCoreIdentityToken', MILLION) },
  ];
}

/** What a million rotations cost: those of an idle fleet, with the schedules they create. */
export function rotation({ idle }: MeasuredCounts): number {
  const each = (amount: number) => (MILLION * amount) / idle.posts;
  return (
    usd('dynamoDbWriteUnit', each(idle.writeUnits)) +
    usd('dynamoDbReadUnit', each(idle.readUnits)) +
    usd('kmsRequest', each(idle.dataKeys + idle.decrypts)) +
    usd('schedulerInvocation', each(idle.fired)) +
    usd('lambdaRequest', each(idle.rotateRuns)) +
    usd('lambdaGbSecond', (MILLION * ASSUMED.billedMs.rotatePosting * gbOf('rotate')) / 1_000) +
    usd('logIngestion', (each(idle.rotateRuns) * ASSUMED.logBytes.rotate) / GB)
  );
}
