import type { AwsCall } from '../../../local/aws/aws-call.ts';

interface ItemCall {
  readonly TableName?: string;
  readonly Key?: { readonly connectionId?: { readonly S?: string } };
  readonly UpdateExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
}

interface ScheduleCall {
  readonly ScheduleExpression?: string;
  readonly Target?: { readonly Input?: string };
}

const CONNECTIONS = /Connections/;
const RECURRING = /^rate\(/;

/** The connection whose item in the table Connections a call reads or changes. */
export function aboutConnection(call: AwsCall): string | undefined {
  if (call.service !== 'dynamodb') return undefined;
  const { TableName = '', Key } = call.json() as ItemCall;
  return CONNECTIONS.test(TableName) ? Key?.connectionId?.S : undefined;
}

/** The connection that a call gives a new version, which only a commit and a recovery do. */
export function storesVersionOf(call: AwsCall): string | undefined {
  if (call.service !== 'dynamodb' || call.operation !== 'UpdateItem') return undefined;
  const { UpdateExpression = '', ExpressionAttributeNames = {} } = call.json() as ItemCall;
  const assigned = [...UpdateExpression.matchAll(/(#?\w+)\s*=\s*:/g)].map(([, name = '']) => name);
  const setsVersion = assigned.some((name) => (ExpressionAttributeNames[name] ?? name) === 'version');
  return setsVersion ? aboutConnection(call) : undefined;
}

/** The connection whose successor a new recurring schedule carries. */
export function parkedConnection(call: AwsCall): string | undefined {
  if (call.service !== 'scheduler' || call.operation !== 'CreateSchedule') return undefined;
  const { ScheduleExpression = '', Target } = call.json() as ScheduleCall;
  if (!RECURRING.test(ScheduleExpression)) return undefined;
  return (JSON.parse(Target?.Input ?? '{}') as { connectionId?: string }).connectionId;
}
