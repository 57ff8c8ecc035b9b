/** What CloudWatch tells one metric from another by. */
export interface MetricId {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

export interface Measurement extends MetricId {
  readonly value: number;
  readonly atMs: number;
}

export type Statistic = 'Minimum' | 'Maximum' | 'Sum' | 'Average' | 'SampleCount';

/** Whole minutes since 1970: CloudWatch keeps one set of statistics for each. */
export interface Minutes {
  readonly from: number;
  /** The first one after it. */
  readonly until: number;
}

export interface MetricStore {
  record(measurement: Measurement): void;
  /** A level, such as the length of a queue. It holds until the next one. */
  recordLevel(level: Measurement): void;
  /** `undefined`: nothing was measured in that time. */
  statistic(metric: MetricId, statistic: Statistic, minutes: Minutes): number | undefined;
  /** The minutes among these that hold values of their own, in order. */
  minutesWithValues(metric: MetricId, minutes: Minutes): readonly number[];
}

interface Bucket {
  readonly minute: number;
  sum: number;
  count: number;
  minimum: number;
  maximum: number;
  last: number;
}

interface Series {
  isLevel: boolean;
  buckets: Bucket[];
}

const MINUTE_MS = 60_000;
/** Two months of a value every minute. Alarms look back a week at most. */
const MAX_BUCKETS = 90_000;

export function minuteOf(atMs: number): number {
  return Math.floor(atMs / MINUTE_MS);
}

export function createMetricStore(): MetricStore {
  const all = new Map<string, Series>();

  const add = ({ value, atMs, ...id }: Measurement, isLevel: boolean): void => {
    if (!Number.isFinite(value)) return;
    const key = keyOf(id);
    const series = all.get(key) ?? { isLevel, buckets: [] };
    all.set(key, series);
    const bucket = bucketAt(series, minuteOf(atMs));
    bucket.sum += value;
    bucket.count += 1;
    bucket.minimum = Math.min(bucket.minimum, value);
    bucket.maximum = Math.max(bucket.maximum, value);
    bucket.last = value;
    if (series.buckets.length > MAX_BUCKETS) series.buckets = series.buckets.slice(-MAX_BUCKETS * 0.9);
  };

  return {
    record: (measurement) => add(measurement, false),
    recordLevel: (level) => add(level, true),
    statistic: (metric, statistic, { from, until }) => {
      const series = all.get(keyOf(metric));
      if (!series) return undefined;
      const start = indexFrom(series.buckets, from);
      const within = series.buckets.slice(start, indexFrom(series.buckets, until));
      const before = series.buckets[start - 1];
      const held = series.isLevel && before ? [heldFrom(before, from)] : [];
      return summary[statistic]([...held, ...within]);
    },
    minutesWithValues: (metric, { from, until }) => {
      const { buckets = [] } = all.get(keyOf(metric)) ?? {};
      return buckets.slice(indexFrom(buckets, from), indexFrom(buckets, until)).map(({ minute }) => minute);
    },
  };
}

/** Alarms ask for the same few metrics over and over. */
const keys = new WeakMap<MetricId, string>();

function keyOf(id: MetricId): string {
  const known = keys.get(id);
  if (known !== undefined) return known;
  const { namespace, name, dimensions } = id;
  const sorted = Object.entries(dimensions).sort(([one], [other]) => (one < other ? -1 : 1));
  const key = JSON.stringify([namespace, name, sorted]);
  keys.set(id, key);
  return key;
}

/** Where the first bucket of that minute or later is. */
function indexFrom(buckets: readonly Bucket[], minute: number): number {
  let [low, high] = [0, buckets.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((buckets[middle]?.minute ?? 0) < minute) low = middle + 1;
    else high = middle;
  }
  return low;
}

function bucketAt({ buckets }: Series, minute: number): Bucket {
  const index = indexFrom(buckets, minute);
  const known = buckets[index];
  if (known?.minute === minute) return known;
  const created = {
    minute,
    sum: 0,
    count: 0,
    minimum: Number.POSITIVE_INFINITY,
    maximum: Number.NEGATIVE_INFINITY,
    last: 0,
  };
  buckets.splice(index, 0, created);
  return created;
}

function heldFrom({ last }: Bucket, minute: number): Bucket {
  return { minute, sum: last, count: 1, minimum: last, maximum: last, last };
}

const summary: Record<Statistic, (buckets: readonly Bucket[]) => number | undefined> = {
  Sum: (buckets) => (buckets.length === 0 ? undefined : total(buckets, 'sum')),
  SampleCount: (buckets) => (buckets.length === 0 ? undefined : total(buckets, 'count')),
  Average: (buckets) => (buckets.length === 0 ? undefined : total(buckets, 'sum') / total(buckets, 'count')),
  Minimum: (buckets) =>
    buckets.length === 0 ? undefined : Math.min(...buckets.map(({ minimum }) => minimum)),
  Maximum: (buckets) =>
    buckets.length === 0 ? undefined : Math.max(...buckets.map(({ maximum }) => maximum)),
};

function total(buckets: readonly Bucket[], member: 'sum' | 'count'): number {
  return buckets.reduce((sum, bucket) => sum + bucket[member], 0);
}
