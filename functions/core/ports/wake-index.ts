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

export interface OverdueWake extends Pick<Connection, 'state' | 'sliding'> {
  readonly connectionId: string;
  readonly wakeAtMs: number;
  readonly refreshExpiresAtMs?: number;
}
