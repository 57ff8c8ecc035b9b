import type { Connection } from '../domain/connection.ts';

/** Finds connections whose wake has passed. Eventually consistent: a hint, never a proof. */
export interface WakeIndex {
  /** One page of one shard, earliest wake first, of wakes at or before `untilMs`. */
  overdue(query: OverdueQuery): Promise<OverduePage>;
  readonly shardCount: number;
}

export interface OverdueQuery {
  readonly shard: number;
  readonly untilMs: number;
  readonly limit: number;
  readonly cursor?: string;
}

export interface OverduePage {
  readonly wakes: readonly OverdueWake[];
  readonly cursor?: string;
}

/** What a row does not say, or says unreadably, is undefined. */
export interface OverdueWake {
  readonly connectionId: string;
  readonly wakeAtMs: number;
  readonly state?: Connection['state'] | undefined;
  readonly sliding?: Connection['sliding'] | undefined;
  readonly refreshExpiresAtMs?: number | undefined;
}
