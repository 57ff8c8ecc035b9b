import { ALARMS, type AlarmDefinition, type MetricSource } from '../../../lib/monitoring/alarm-catalogue.ts';

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

const MINUTE_MS = 60_000;

/**
 * What CloudWatch makes of the catalogue's alarms on the metrics they watch: windows that end now, one value for each
 * period, `periods` of them in a row, and the rule for periods without a value. Where some periods have values and others
 * have none, `ignore` goes by those that have.
 */
export function createAlarmWatch(alarms: readonly AlarmDefinition[] = ALARMS): AlarmWatch {
  const watched = alarms.map(watchOne);
  const firings: Firing[] = [];
  return {
    firings,
    take(sample) {
      for (const one of watched) one.take(sample);
    },
    lookAt(nowMs) {
      for (const { id, lookAt } of watched) {
        const open = firings.findIndex((firing) => firing.id === id && firing.untilMs === undefined);
        const breaching = lookAt(nowMs);
        if (breaching === true && open === -1) firings.push({ id, fromMs: nowMs });
        const firing = firings[open];
        if (breaching === false && firing) firings[open] = { ...firing, untilMs: nowMs };
      }
    },
  };
}

function watchOne(alarm: AlarmDefinition) {
  const { id, metric, periodMinutes, periods, whenMissing } = alarm;
  const periodMs = periodMinutes * MINUTE_MS;
  let samples: Sample[] = [];

  const breachesIn = (fromMs: number, untilMs: number): boolean | undefined => {
    const values = samples.filter(({ atMs }) => atMs > fromMs && atMs <= untilMs).map(({ value }) => value);
    if (values.length > 0) return breaches(alarm, values);
    return whenMissing === 'ignore' ? undefined : whenMissing === 'breaching';
  };

  return {
    id,
    take(sample: Sample) {
      if (metric.name === sample.metric && sameDimensions(metric, sample)) {
        samples.push(sample);
      }
    },
    /** `undefined`: the state stays what it was. */
    lookAt(nowMs: number): boolean | undefined {
      samples = samples.filter(({ atMs }) => atMs > nowMs - periods * periodMs);
      const classified = Array.from({ length: periods }, (_, back) =>
        breachesIn(nowMs - (back + 1) * periodMs, nowMs - back * periodMs),
      ).filter((breach) => breach !== undefined);
      if (classified.length === 0) return undefined;
      return classified.every(Boolean);
    },
  };
}

/** The dimensions that distinguish a metric from others of its name. */
export function dimensionsOf(metric: MetricSource): Readonly<Record<string, string>> {
  if (metric.from === 'vault') return metric.dimensions ?? {};
  return metric.from === 'lambda' ? { function: metric.of } : {};
}

/** A metric with other dimensions is another metric: CloudWatch adds nothing up. */
function sameDimensions(metric: MetricSource, sample: Sample): boolean {
  const wanted = Object.entries(dimensionsOf(metric));
  return (
    wanted.length === Object.keys(sample.dimensions).length &&
    wanted.every(([name, value]) => sample.dimensions[name] === value)
  );
}

function breaches({ statistic, comparison, threshold }: AlarmDefinition, values: readonly number[]): boolean {
  const value = STATISTICS[statistic](values);
  return comparison === 'below' ? value < threshold : value >= threshold;
}

const STATISTICS: Readonly<Record<AlarmDefinition['statistic'], (values: readonly number[]) => number>> = {
  Minimum: (values) => Math.min(...values),
  Maximum: (values) => Math.max(...values),
  Sum: (values) => values.reduce((total, value) => total + value, 0),
};
