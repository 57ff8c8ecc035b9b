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
  readonly AlarmTypes?: readonly string[];
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
      .minutesWithValues(metric, { from: startMinute, until: endMinute })
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

/** Without `AlarmTypes`, metric alarms alone. A page counts both kinds. */
function describeAlarms(states: readonly AlarmState[], input: AlarmInput): object {
  const { AlarmNames, AlarmNamePrefix = '', AlarmTypes = ['MetricAlarm'], StateValue } = input;
  const { MaxRecords = DEFAULT_PAGE, NextToken = '0' } = input;
  const found = [...states.flatMap(describe), ...suppressorsOf(states)].filter(
    ({ type, names }) =>
      AlarmTypes.includes(type) &&
      (AlarmNames === undefined || AlarmNames.includes(names.AlarmName)) &&
      names.AlarmName.startsWith(AlarmNamePrefix) &&
      (StateValue === undefined || names.StateValue === StateValue),
  );
  const from = Number(NextToken);
  const next = from + MaxRecords;
  const page = found.slice(from, next);
  const ofType = (wanted: AlarmType) =>
    page.filter(({ type }) => type === wanted).map(({ names, more }) => ({ ...names, ...more }));
  return {
    MetricAlarms: ofType('MetricAlarm'),
    CompositeAlarms: ofType('CompositeAlarm'),
    ...(next < found.length && { NextToken: String(next) }),
  };
}

type AlarmType = 'MetricAlarm' | 'CompositeAlarm';

interface DescribedAlarm {
  readonly type: AlarmType;
  readonly names: { readonly AlarmName: string; readonly StateValue: string };
  readonly more: object;
}

/** A composite alarm, and the metric alarm that it watches, have the same state here. */
function describe(state: AlarmState): readonly DescribedAlarm[] {
  const { alarmName, composite } = state.alarm;
  if (composite === undefined) return [describeMetricAlarm(state, alarmName)];
  const { watchedName, rule, suppressorArn } = composite;
  const more = { ...common(state), AlarmRule: rule, ActionsSuppressor: suppressorArn };
  return [
    { type: 'CompositeAlarm', names: { AlarmName: alarmName, StateValue: state.state }, more },
    describeMetricAlarm({ ...state, alarm: { ...state.alarm, actions: [] } }, watchedName),
  ];
}

/** Their rule is constant. */
function suppressorsOf(states: readonly AlarmState[]): readonly DescribedAlarm[] {
  const arns = new Set(states.flatMap(({ alarm }) => alarm.composite?.suppressorArn ?? []));
  return [...arns].map((AlarmArn) => ({
    type: 'CompositeAlarm',
    names: { AlarmName: AlarmArn.split(':alarm:')[1] ?? '', StateValue: 'OK' },
    more: { AlarmArn, ActionsEnabled: true, AlarmActions: [], AlarmRule: 'FALSE' },
  }));
}

function describeMetricAlarm(state: AlarmState, AlarmName: string): DescribedAlarm {
  const { condition } = state.alarm;
  const described = { type: 'MetricAlarm', names: { AlarmName, StateValue: state.state } } as const;
  if ('reason' in condition) {
    return { ...described, more: { ...common(state), StateReason: condition.reason } };
  }
  const { threshold, comparison, evaluationPeriods, datapointsToAlarm } = condition;
  return {
    ...described,
    more: {
      ...common(state),
      Threshold: threshold,
      ComparisonOperator: comparison,
      EvaluationPeriods: evaluationPeriods,
      DatapointsToAlarm: datapointsToAlarm,
    },
  };
}

function common({ alarm, sinceMs }: AlarmState): object {
  const { alarmArn, description, actions = [] } = alarm;
  return {
    AlarmArn: alarmArn,
    AlarmDescription: description,
    ActionsEnabled: true,
    AlarmActions: actions,
    StateUpdatedTimestamp: sinceMs / 1000,
  };
}
