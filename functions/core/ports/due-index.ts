import type { Connection } from '../connection/connection.ts';

/** Finds connections whose due time has passed. Eventually consistent: a hint, never a proof. */
export interface DueIndex {
  /** One page of one shard, earliest due time first, of due times at or before `untilMs`. */
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
  readonly dueIndex: readonly OverdueConnection[];
  readonly cursor?: string;
}

/** What a row does not say, or says unreadably, is undefined. */
export interface OverdueConnection {
  readonly connectionId: string;
  readonly dueAtMs: number;
  readonly state?: Connection['state'] | undefined;
  readonly sliding?: Connection['sliding'] | undefined;
  readonly refreshExpiresAtMs?: number | undefined;
}
