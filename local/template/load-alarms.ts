import {
  type AlarmCondition,
  isComparison,
  type MetricAlarm,
  type NotEvaluated,
} from '../aws/cloudwatch/metric-alarm.ts';
import type { MetricId, Statistic } from '../aws/cloudwatch/metric-store.ts';
import { type DeployedResource, type Deployment, resourcesOfType } from './deployment.ts';
import {
  asArray,
  asRecord,
  asString,
  isRecord,
  type JsonRecord,
  optionalNumber,
  optionalString,
} from './template.ts';

type Watched = Pick<AlarmCondition, 'metric' | 'statistic' | 'periodMinutes' | 'filledWith'>;

const STATISTICS: ReadonlySet<string> = new Set<Statistic>([
  'Minimum',
  'Maximum',
  'Sum',
  'Average',
  'SampleCount',
]);
const MISSING: ReadonlySet<string> = new Set<AlarmCondition['whenMissing']>([
  'breaching',
  'notBreaching',
  'ignore',
  'missing',
]);

/**
 * The alarms of every stack. One whose condition cannot be evaluated here says why. A metric alarm that a composite alarm
 * watches appears as the composite alarm, which notifies in its place. Its wait is left out: these are states.
 */
export function loadAlarms(deployment: Deployment): readonly MetricAlarm[] {
  const compositeOf = new Map(
    resourcesOfType(deployment, 'AWS::CloudWatch::CompositeAlarm').map((composite) => [
      WATCHED.exec(String(composite.properties.AlarmRule))?.[1],
      composite,
    ]),
  );
  return resourcesOfType(deployment, 'AWS::CloudWatch::Alarm').map((alarm) => {
    const composite = compositeOf.get(alarm.identity.attributes.Arn);
    const { identity, properties } = composite ?? alarm;
    return {
      alarmName: identity.ref,
      alarmArn: identity.attributes.Arn ?? '',
      description: properties.AlarmDescription === undefined ? '' : String(properties.AlarmDescription),
      condition: conditionOf(alarm.properties, alarm.logicalId),
      actions: asArray(properties.AlarmActions).map(String),
      ...(composite && {
        composite: {
          rule: String(properties.AlarmRule),
          watchedName: alarm.identity.ref,
          suppressorArn: optionalString(properties.ActionsSuppressor, 'ActionsSuppressor'),
        },
      }),
    };
  });
}

/** The rule of a composite alarm that watches one alarm. */
const WATCHED = /^ALARM\("?([^"()]+)"?\)$/;

function conditionOf(
  properties: DeployedResource['properties'],
  logicalId: string,
): AlarmCondition | NotEvaluated {
  const comparison = String(properties.ComparisonOperator);
  const whenMissing = String(properties.TreatMissingData ?? 'missing');
  const threshold = optionalNumber(properties.Threshold, `Threshold of ${logicalId}`);
  const watched =
    properties.Metrics === undefined ? watchedMetric(properties) : watchedMath(properties.Metrics);
  if ('reason' in watched) return watched;
  if (threshold === undefined || !isComparison(comparison) || !isMissing(whenMissing)) {
    return { reason: `Its comparison ${comparison} is not evaluated here.` };
  }
  const evaluationPeriods = optionalNumber(properties.EvaluationPeriods, 'EvaluationPeriods') ?? 1;
  return {
    ...watched,
    evaluationPeriods,
    datapointsToAlarm: optionalNumber(properties.DatapointsToAlarm, 'DatapointsToAlarm') ?? evaluationPeriods,
    comparison,
    threshold,
    whenMissing,
  };
}

function isMissing(text: string): text is AlarmCondition['whenMissing'] {
  return MISSING.has(text);
}

function isStatistic(text: string): text is Statistic {
  return STATISTICS.has(text);
}

function watchedMetric(from: JsonRecord): Watched | NotEvaluated {
  const statistic = String(from.Statistic ?? from.ExtendedStatistic);
  if (!isStatistic(statistic)) return { reason: `Its statistic ${statistic} is not evaluated here.` };
  return { metric: metricOf(from), statistic, periodMinutes: minutesOf(from.Period) };
}

function metricOf({ Namespace, MetricName, Dimensions }: JsonRecord): MetricId {
  const dimensions = asArray(Dimensions)
    .map(asRecord)
    .map(({ Name, Value }) => [asString(Name, 'a dimension'), asString(Value, 'a dimension')] as const);
  return {
    namespace: asString(Namespace, 'Namespace'),
    name: asString(MetricName, 'MetricName'),
    dimensions: Object.fromEntries(dimensions),
  };
}

function minutesOf(periodSeconds: unknown): number {
  return Math.max(1, Math.round((optionalNumber(periodSeconds, 'Period') ?? 60) / 60));
}

/** Metric math, of which the vault's alarms use `FILL` with a number. */
const FILL = /^FILL\(\s*(\w+)\s*,\s*(-?\d+(?:\.\d+)?)\s*\)$/;

function watchedMath(queries: unknown): Watched | NotEvaluated {
  const all = asArray(queries).map(asRecord);
  const returned = all.filter(({ ReturnData }) => ReturnData !== false && ReturnData !== 'false');
  const [query] = returned;
  if (returned.length !== 1 || !query) return { reason: 'It returns no single value.' };
  if (isRecord(query.MetricStat)) return watchedStat(query.MetricStat);
  const [, id, filling] = FILL.exec(String(query.Expression)) ?? [];
  const stat = all.find(({ Id }) => Id === id)?.MetricStat;
  if (!isRecord(stat)) return { reason: `Its expression ${String(query.Expression)} is not evaluated here.` };
  const watched = watchedStat(stat);
  return 'reason' in watched ? watched : { ...watched, filledWith: Number(filling) };
}

function watchedStat({ Metric, Stat, Period }: JsonRecord): Watched | NotEvaluated {
  return watchedMetric({ ...asRecord(Metric), Statistic: Stat, Period });
}
