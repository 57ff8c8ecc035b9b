import type { MetricId, MetricStore, Statistic } from './metric-store.ts';

export type AlarmStateValue = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** An alarm on one metric, as the template declares it. */
export interface MetricAlarm {
  readonly alarmName: string;
  readonly alarmArn: string;
  readonly description: string;
  readonly condition: AlarmCondition | NotEvaluated;
  /** What it notifies when it fires: ARNs. Nothing is sent here. */
  readonly actions?: readonly string[];
  /** Present where a composite alarm of this name notifies in the place of a metric alarm. */
  readonly composite?: CompositeAlarm;
}

export interface CompositeAlarm {
  readonly rule: string;
  readonly watchedName: string;
  /** The alarm that could suppress its actions: an ARN. */
  readonly suppressorArn: string | undefined;
}

export interface AlarmCondition {
  readonly metric: MetricId;
  readonly statistic: Statistic;
  readonly periodMinutes: number;
  /** What `FILL` of metric math puts where there is no value. */
  readonly filledWith?: number;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly comparison: Comparison;
  readonly threshold: number;
  readonly whenMissing: 'breaching' | 'notBreaching' | 'ignore' | 'missing';
}

/** An alarm whose condition is known to AWS alone, and why. */
export interface NotEvaluated {
  readonly reason: string;
}

export type Comparison =
  | 'LessThanThreshold'
  | 'LessThanOrEqualToThreshold'
  | 'GreaterThanThreshold'
  | 'GreaterThanOrEqualToThreshold';

const COMPARISONS: Readonly<Record<Comparison, (value: number, threshold: number) => boolean>> = {
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
  GreaterThanThreshold: (value, threshold) => value > threshold,
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
};

export function isComparison(text: string): text is Comparison {
  return Object.hasOwn(COMPARISONS, text);
}

/** An alarm looks further back than its periods for values that exist. AWS does not say how far; its examples show two. */
const PERIODS_BEYOND = 2;

/**
 * The state at the end of that minute. Periods end with it, as CloudWatch evaluates an alarm every minute.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
export function stateAt(
  condition: AlarmCondition,
  metrics: Pick<MetricStore, 'statistic'>,
  minute: number,
  previous: AlarmStateValue,
): AlarmStateValue {
  const { evaluationPeriods, datapointsToAlarm, whenMissing } = condition;
  const breaches = newestBreaches(condition, metrics, minute);
  const breaching = breaches.filter(Boolean).length;
  const healthy = breaches.length - breaching;
  const missing = evaluationPeriods - breaches.length;
  if (whenMissing === 'breaching') return breaching + missing >= datapointsToAlarm ? 'ALARM' : 'OK';
  if (whenMissing === 'notBreaching') return breaching >= datapointsToAlarm ? 'ALARM' : 'OK';
  if (whenMissing === 'missing' && missing > 0) {
    if (breaches.length === 0) return 'INSUFFICIENT_DATA';
    return breaching >= Math.min(datapointsToAlarm, breaches.length) ? 'ALARM' : 'OK';
  }
  if (breaching >= datapointsToAlarm) return 'ALARM';
  return healthy > evaluationPeriods - datapointsToAlarm ? 'OK' : previous;
}

/** Whether each of the newest values breaches, as many as the alarm evaluates. */
function newestBreaches(
  { metric, statistic, periodMinutes, filledWith, ...condition }: AlarmCondition,
  metrics: Pick<MetricStore, 'statistic'>,
  minute: number,
): readonly boolean[] {
  const { evaluationPeriods, comparison, threshold } = condition;
  const until = minute + 1;
  return Array.from({ length: evaluationPeriods + PERIODS_BEYOND }, (_, back) => {
    const end = until - back * periodMinutes;
    return metrics.statistic(metric, statistic, { from: end - periodMinutes, until: end }) ?? filledWith;
  })
    .filter((value) => value !== undefined)
    .slice(0, evaluationPeriods)
    .map((value) => COMPARISONS[comparison](value, threshold));
}

/** Minutes after `after` and up to `upTo` in which a value enters or leaves a period: the state changes in no other. */
export function minutesToLookAt(
  { metric, periodMinutes, evaluationPeriods }: AlarmCondition,
  metrics: Pick<MetricStore, 'minutesWithValues'>,
  { after, upTo }: { readonly after: number; readonly upTo: number },
): readonly number[] {
  const periods = evaluationPeriods + PERIODS_BEYOND;
  const moments = new Set<number>();
  const concerned = { from: after - periods * periodMinutes, until: upTo + 1 };
  for (const minute of metrics.minutesWithValues(metric, concerned)) {
    for (let ago = 0; ago <= periods; ago += 1) moments.add(minute + ago * periodMinutes);
  }
  return [...moments].filter((moment) => moment > after && moment <= upTo).sort((one, other) => one - other);
}
