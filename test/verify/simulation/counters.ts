import { SECOND_MS } from '../../../functions/core/durations.ts';
import { addToSecond, type SecondCounts } from './second-counts.ts';

/** Everything a run counts, as plain numbers, so that shards can be added up. */
export interface Counters {
  readonly dynamoDb: DynamoDbCounts;
  readonly scheduler: { create: number; get: number; remove: number; rings: number; lostFirings: number };
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
    scheduler: { create: 0, get: 0, remove: 0, rings: 0, lostFirings: 0 },
    kms: { generateDataKey: 0, decrypt: 0 },
    lambda: { rotate: 0, vend: 0, reconcile: 0, callback: 0, crashed: 0, overran: 0 },
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

/** Notes what happens, and knows how much of it happened in the present second. */
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
