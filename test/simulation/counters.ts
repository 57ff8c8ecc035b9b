import { HOUR_MS } from '../../functions/core/domain/durations.ts';

/** Everything a run counts, as plain numbers, so that shards can be added up. */
export interface Counters {
  readonly dynamoDb: DynamoDbCounts;
  readonly scheduler: { create: number; get: number; remove: number; rings: number; lostRings: number };
  readonly kms: { generateDataKey: number; decrypt: number };
  readonly lambda: {
    rotate: number;
    vend: number;
    guard: number;
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
    scheduler: { create: 0, get: 0, remove: 0, rings: 0, lostRings: 0 },
    kms: { generateDataKey: 0, decrypt: 0 },
    lambda: { rotate: 0, vend: 0, guard: 0, callback: 0, crashed: 0, overran: 0 },
    ims: { posts: 0, exchanges: 0, rateLimited: 0, revocations: 0 },
    events: { published: 0, puts: 0 },
    vends: {},
    outcomes: {},
    metrics: {},
  };
}

/** Adds what one shard counted to what the others did. */
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

/** How many there were in the busiest second, in the whole run and hour by hour. */
export interface RateMeter {
  note(nowMs: number): void;
  /** The present second's count, this one included. */
  readonly inThisSecond: number;
  readonly peakPerSecond: number;
  /** The busiest second of each hour since the start. */
  peaksByHour(): readonly number[];
}

export function createRateMeter(startMs: number): RateMeter {
  const byHour: number[] = [];
  let second = -1;
  let inThisSecond = 0;
  let peak = 0;
  return {
    note(nowMs) {
      const now = Math.floor(nowMs / 1_000);
      inThisSecond = now === second ? inThisSecond + 1 : 1;
      second = now;
      peak = Math.max(peak, inThisSecond);
      const hour = Math.floor((nowMs - startMs) / HOUR_MS);
      while (byHour.length <= hour) byHour.push(0);
      byHour[hour] = Math.max(byHour[hour] ?? 0, inThisSecond);
    },
    get inThisSecond() {
      return inThisSecond;
    },
    get peakPerSecond() {
      return peak;
    },
    peaksByHour: () => byHour,
  };
}
