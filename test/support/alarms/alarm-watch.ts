import { ALARMS, type AlarmDefinition, type MetricSource } from '../../../lib/monitoring/alarm-catalogue.ts';
import {
  type AlarmCondition,
  type AlarmStateValue,
  stateAt,
} from '../../../local/aws/cloudwatch/metric-alarm.ts';
import { createMetricStore, minuteOf } from '../../../local/aws/cloudwatch/metric-store.ts';

/** One value of one metric, as CloudWatch stores it. */
export interface Sample {
  readonly metric: string;
  readonly value: number;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly atMs: number;
}

export interface Firing {
  readonly id: string;
  readonly fromMs: number;
  /** Absent: it still fires. */
  readonly untilMs?: number;
}

export interface AlarmWatch {
  take(sample: Sample): void;
  /** Evaluates every alarm at that moment; moments only grow. */
  lookAt(nowMs: number): void;
  readonly firings: readonly Firing[];
}

/** The catalogue's alarms without a template, on samples of a simulation. The local stack's evaluation decides. */
export function createAlarmWatch(alarms: readonly AlarmDefinition[] = ALARMS): AlarmWatch {
  const metrics = createMetricStore();
  const watched = alarms.map((alarm) => ({
    id: alarm.id,
    condition: { ...ruleOf(alarm), metric: metricOf(alarm.metric.name, dimensionsOf(alarm.metric)) },
    state: 'INSUFFICIENT_DATA' as AlarmStateValue,
  }));
  const firings: Firing[] = [];
  return {
    firings,
    take: ({ metric, dimensions, value, atMs }) =>
      metrics.record({ ...metricOf(metric, dimensions), value, atMs }),
    lookAt(nowMs) {
      for (const one of watched) {
        const before = one.state;
        one.state = stateAt(one.condition, metrics, minuteOf(nowMs), before);
        if (one.state === before) continue;
        const open = firings.findIndex((firing) => firing.id === one.id && firing.untilMs === undefined);
        const firing = firings[open];
        if (one.state === 'ALARM') firings.push({ id: one.id, fromMs: nowMs });
        else if (firing) firings[open] = { ...firing, untilMs: nowMs };
      }
    },
  };
}

/** What the template says of an alarm, apart from its metric. */
export function ruleOf(alarm: AlarmDefinition): Omit<AlarmCondition, 'metric'> {
  const { statistic, periodMinutes, periods, comparison, threshold, whenMissing } = alarm;
  return {
    statistic,
    periodMinutes,
    evaluationPeriods: periods,
    datapointsToAlarm: periods,
    comparison: comparison === 'below' ? 'LessThanThreshold' : 'GreaterThanOrEqualToThreshold',
    threshold,
    whenMissing,
    ...(whenMissing !== 'ignore' && { filledWith: 0 }),
  };
}

function metricOf(name: string, dimensions: Readonly<Record<string, string>>) {
  return { namespace: 'AdobeTokenVault', name, dimensions };
}

/** The dimensions that distinguish a metric from others of its name. */
export function dimensionsOf(metric: MetricSource): Readonly<Record<string, string>> {
  if (metric.from === 'vault') return metric.dimensions ?? {};
  return metric.from === 'lambda' ? { function: metric.of } : {};
}
