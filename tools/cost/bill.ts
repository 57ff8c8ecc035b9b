import type { MeasuredCounts } from './measured-counts.ts';
import { usd } from './price-list.ts';
import { type Fleet, type Usage, usageOf } from './usage.ts';

export interface Item {
  readonly name: string;
  readonly usd: number;
}

type Charged = keyof Usage;

/** Lines of the bill, each with what is charged under it. */
const LINES: readonly (readonly [name: string, charged: readonly Charged[]])[] = [
  ['DynamoDB: writes', ['dynamoDbWriteUnit']],
  ['DynamoDB: reads', ['dynamoDbReadUnit']],
  ['DynamoDB: storage', ['dynamoDbStorage']],
  ['DynamoDB: point-in-time recovery', ['dynamoDbPitr']],
  ['Scheduler: invocations', ['schedulerInvocation']],
  ['Lambda: requests', ['lambdaRequest']],
  ['Lambda: GB-seconds', ['lambdaGbSecond']],
  ['KMS: requests', ['kmsRequest']],
  ['KMS: keys', ['kmsKey']],
  ['Secrets Manager: secrets', ['secret']],
  ['Secrets Manager: calls', ['secretCall']],
  ['API Gateway: requests', ['httpApiRequest']],
  ['Data out', ['dataOut']],
  ['CloudWatch: logs', ['logIngestion', 'logStorage']],
  ['CloudWatch: metrics', ['metric']],
  ['CloudWatch: alarms, dashboard', ['alarm', 'compositeAlarm', 'dashboard']],
  ['EventBridge: events', ['eventBridgeEvent']],
];

export function billOf(measured: MeasuredCounts, fleet: Fleet): readonly Item[] {
  const usage = usageOf(measured, fleet);
  return LINES.map(([name, charged]) => ({
    name,
    usd: charged.reduce((dollars, price) => dollars + usd(price, usage[price]), 0),
  }));
}

export function totalOf(bill: readonly Item[]): number {
  return bill.reduce((dollars, item) => dollars + item.usd, 0);
}
