import type { AwsService } from '../aws-call.ts';
import { AwsServiceError, jsonAnswer, jsonError, targetOperation } from '../protocols.ts';
import type { AlarmState, AlarmStates } from './alarm-states.ts';
import { type MetricStore, minuteOf } from './metric-store.ts';

interface MetricInput {
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
  /** Seconds since 1970. */
  readonly StartTime?: number;
  readonly EndTime?: number;
  readonly Period?: number;
}

interface AlarmInput {
  readonly AlarmNames?: readonly string[];
  readonly AlarmNamePrefix?: string;
  readonly StateValue?: string;
  readonly MaxRecords?: number;
  readonly NextToken?: string;
}

export interface CloudWatchServiceDeps {
  readonly nowMs: () => number;
  readonly metrics: MetricStore;
  readonly alarms: Pick<AlarmStates, 'now'>;
}

/**
 * The metrics of the stack, and the states of its alarms.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Operations.html
 */
export function createCloudWatchService({ nowMs, metrics, alarms }: CloudWatchServiceDeps): AwsService {
  const operations: Record<string, (input: unknown) => object> = {
    GetMetricStatistics: (input) => metricStatistics(metrics, input as MetricInput, nowMs()),
    DescribeAlarms: (input) => describeAlarms(alarms.now(), input as AlarmInput),
  };
  return {
    service: 'monitoring',
    operationOf: ({ headers }) =>
      targetOperation(headers, { targetPrefix: 'GraniteServiceVersion20100801', version: '1.0' }),
    authorizations: (call) => [{ action: `cloudwatch:${call.operation}`, resource: '*', context: {} }],
    async answer(call) {
      const operation = operations[call.operation];
      if (!operation) throw new AwsServiceError('UnknownOperationException', call.operation);
      return jsonAnswer(operation(call.json()));
    },
    error: jsonError,
  };
}

const SECONDS_PER_MINUTE = 60;
const MAX_DATAPOINTS = 1_440;

/** Sums alone, which is what the vault asks for. */
function metricStatistics(metrics: MetricStore, input: MetricInput, nowMs: number): object {
  const { Namespace = '', MetricName = '', Dimensions = [], StartTime = 0, EndTime, Period = 60 } = input;
  const dimensions = Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value]));
  const metric = { namespace: Namespace, name: MetricName, dimensions };
  const periodMinutes = Math.max(1, Math.round(Period / SECONDS_PER_MINUTE));
  const startMinute = minuteOf(StartTime * 1000);
  const endMinute = Math.ceil((EndTime ?? nowMs / 1000) / SECONDS_PER_MINUTE);
  const starts = new Set(
    metrics
      .minutesWithValues(metric)
      .filter((minute) => minute >= startMinute && minute < endMinute)
      .map((minute) => startMinute + Math.floor((minute - startMinute) / periodMinutes) * periodMinutes),
  );
  if (starts.size > MAX_DATAPOINTS) {
    throw new AwsServiceError('InvalidParameterCombination', `more than ${MAX_DATAPOINTS} datapoints`);
  }
  const Datapoints = [...starts].map((from) => ({
    Timestamp: from * SECONDS_PER_MINUTE,
    Sum: metrics.statistic(metric, 'Sum', { from, until: Math.min(from + periodMinutes, endMinute) }),
    Unit: 'Count',
  }));
  return { Label: MetricName, Datapoints };
}

const DEFAULT_PAGE = 50;

function describeAlarms(states: readonly AlarmState[], input: AlarmInput): object {
  const { AlarmNames, AlarmNamePrefix = '', StateValue, MaxRecords = DEFAULT_PAGE, NextToken = '0' } = input;
  const found = states.filter(
    ({ alarm, state }) =>
      (AlarmNames === undefined || AlarmNames.includes(alarm.alarmName)) &&
      alarm.alarmName.startsWith(AlarmNamePrefix) &&
      (StateValue === undefined || state === StateValue),
  );
  const from = Number(NextToken);
  const next = from + MaxRecords;
  return {
    MetricAlarms: found.slice(from, next).map(describe),
    CompositeAlarms: [],
    ...(next < found.length && { NextToken: String(next) }),
  };
}

function describe({ alarm, state, sinceMs }: AlarmState): object {
  const { alarmName, alarmArn, description, condition, actions = [] } = alarm;
  const names = {
    AlarmName: alarmName,
    AlarmArn: alarmArn,
    AlarmDescription: description,
    ActionsEnabled: true,
    AlarmActions: actions,
    StateValue: state,
    StateUpdatedTimestamp: sinceMs / 1000,
  };
  if ('reason' in condition) return { ...names, StateReason: condition.reason };
  const { threshold, comparison, evaluationPeriods, datapointsToAlarm } = condition;
  return {
    ...names,
    Threshold: threshold,
    ComparisonOperator: comparison,
    EvaluationPeriods: evaluationPeriods,
    DatapointsToAlarm: datapointsToAlarm,
  };
}
