import { ASSUMED, MONTH_SECONDS } from './assumptions.ts';
import type { Item } from './bill.ts';
import type { MeasuredCounts } from './measured-counts.ts';
import { usd } from './price-list.ts';
import { type Fleet, usageOf } from './usage.ts';

/** Kept logs, in months. */
const STRICT_LOG_MONTHS = 12;

/** Lambda samples the first request of each second, and this share of the others. */
const SAMPLED_SHARE = 0.05;

/** What `compliance: strict` adds to the bill of a month, in a vault that has been strict for a year. */
export function strictAdds(measured: MeasuredCounts, fleet: Fleet): readonly Item[] {
  const usage = usageOf(measured, fleet);
  const { logCompression, logMonths } = ASSUMED;
  const longerLogs = usage.logIngestion * logCompression * (STRICT_LOG_MONTHS - logMonths);
  // A request takes one unit or more, so this is the most there can be.
  const requests = usage.dynamoDbReadUnit + usage.dynamoDbWriteUnit + usage.lambdaRequest;
  return [
    { name: 'KMS: the key for services', usd: usd('kmsKey', 1) },
    { name: 'CloudWatch: logs of nine more months', usd: usd('logStorage', longerLogs) },
    {
      name: 'DynamoDB: point-in-time recovery of the caches',
      usd: usd('dynamoDbPitr', usage.dynamoDbStorage - usage.dynamoDbPitr),
    },
    { name: 'CloudTrail: data events, at most', usd: usd('dataEvent', requests) },
    { name: 'X-Ray: traces, at most', usd: usd('trace', sampled(usage.lambdaRequest)) },
  ];
}

function sampled(runs: number): number {
  const firstOfSecond = Math.min(runs, MONTH_SECONDS);
  return firstOfSecond + (runs - firstOfSecond) * SAMPLED_SHARE;
}
