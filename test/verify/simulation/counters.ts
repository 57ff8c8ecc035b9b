import type { Telemetry } from '../../../functions/core/ports/events.ts';
import { DAY_MS, HOUR_MS, SECOND_MS } from '../../../functions/core/time-units.ts';

/** Everything a run counts, as plain numbers, so that shards can be added up. */
export interface Counters {
  readonly dynamoDb: DynamoDbCounts;
  readonly scheduler: { create: number; get: number; remove: number; fired: number; lostFirings: number };
  readonly kms: { generateDataKey: number; decrypt: number };
  readonly lambda: {
    rotate: number;
    vend: number;
    reconcile: number;
    callback: number;
    crashed: number;
    overran: number;
  };
  readonly ims: { posts: number; exchanges: number; rateLimited: number; revocations: number };
  readonly events: { published: number; puts: number };
  readonly vends: Record<string, number>;
  readonly outcomes: Record<string, number>;
  readonly metrics: Record<string, number>;
}

export interface DynamoDbCounts {
  readUnits: number;
  writeUnits: number;
  reads: number;
  writes: number;
  queries: number;
}

export function createCounters(): Counters {
  return {
    dynamoDb: { readUnits: 0, writeUnits: 0, reads: 0, writes: 0, queries: 0 },
    scheduler: { create: 0, get: 0, remove: 0, fired: 0, lostFirings: 0 },
    kms: { generateDataKey: 0, decrypt: 0 },
    lambda: { rotate: 0, vend: 0, reconcile: 0, callback: 0, crashed: 0, overran: 0 },
    ims: { posts: 0, exchanges: 0, rateLimited: 0, revocations: 0 },
    events: { published: 0, puts: 0 },
    vends: {},
    outcomes: {},
    metrics: {},
  };
}

/** Adds the counts of one shard to those of the others. */
export function addCounters(into: Counters, more: Counters): void {
  for (const name of Object.keys(into) as (keyof Counters)[]) {
    addEach(into[name] as Record<string, number>, more[name] as Record<string, number>);
  }
}

function addEach(into: Record<string, number>, more: Record<string, number>): void {
  for (const [name, count] of Object.entries(more)) into[name] = (into[name] ?? 0) + count;
}

export function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}

/** Counts events, and knows how many there were in the present second. */
export interface RateMeter {
  note(nowMs: number): void;
  /** The present second's count, this one included. */
  readonly inThisSecond: number;
}

export function createRateMeter(bySecond: SecondCounts): RateMeter {
  let second = -1;
  let inThisSecond = 0;
  return {
    note(nowMs) {
      const now = Math.floor(nowMs / SECOND_MS);
      inThisSecond = now === second ? inThisSecond + 1 : 1;
      second = now;
      addToSecond(bySecond, nowMs);
    },
    get inThisSecond() {
      return inThisSecond;
    },
  };
}

/** What happened in each second of a run, summed over all vaults of a fleet: threads write into the same columns. */
export interface FleetSeconds {
  readonly posts: SecondCounts;
  readonly runs: SecondCounts;
  /** Runs that began, less those that had ended by the second before. */
  readonly runsUnderWay: SecondCounts;
}

/** Can be sent to a thread, which then shares it. */
export interface SecondCounts {
  readonly startMs: number;
  readonly column: Int16Array;
}

const HOUR_SECONDS = HOUR_MS / SECOND_MS;

export function createFleetSeconds(startMs: number, days: number): FleetSeconds {
  const column = (): SecondCounts => {
    const seconds = Math.ceil((days * DAY_MS) / SECOND_MS) + 1;
    const buffer = new SharedArrayBuffer(seconds * Int16Array.BYTES_PER_ELEMENT);
    return { startMs, column: new Int16Array(buffer) };
  };
  return { posts: column(), runs: column(), runsUnderWay: column() };
}

export function addToSecond({ startMs, column }: SecondCounts, atMs: number, amount: 1 | -1 = 1): void {
  const second = Math.floor((atMs - startMs) / SECOND_MS);
  if (second < column.length) Atomics.add(column, second, amount);
}

/** The busiest second of each hour. */
export function peaksByHour({ column }: SecondCounts): readonly number[] {
  return Array.from({ length: Math.ceil((column.length - 1) / HOUR_SECONDS) }, (_, hour) =>
    column.subarray(hour * HOUR_SECONDS, (hour + 1) * HOUR_SECONDS).reduce(greater, 0),
  );
}

/** The most that were under way in one second, out of those that began less those that ended. */
export function mostAtOnce({ column }: SecondCounts): number {
  let underWay = 0;
  let most = 0;
  for (const change of column) {
    underWay += change;
    most = Math.max(most, underWay);
  }
  return most;
}

function greater(one: number, other: number): number {
  return Math.max(one, other);
}

/** The metrics that a report counts. Counting the others would only cost time. */
const TALLIED = new Set([
  'BreakerOpened',
  'SuccessorLost',
  'SuccessorParked',
  'SuccessorRecovered',
  'ScheduleNotCreated',
  'ExpiringSoon',
  'ConnectionDegraded',
  'ConsentsNotKept',
  'ParkedEnvelopeRefused',
]);

/** Receives every metric. */
export type OnMeasure = (metric: string, value: number, dimensions: Readonly<Record<string, string>>) => void;

/** Logs nothing and counts some metrics. */
export function createSilentTelemetry(metrics: Record<string, number>, onMeasure?: OnMeasure): Telemetry {
  return {
    info: () => undefined,
    warn: () => undefined,
    error: () => undefined,
    measure(metric, value, _unit, dimensions = {}) {
      onMeasure?.(metric, value, dimensions);
      if (TALLIED.has(metric)) count(metrics, metric);
    },
  };
}
