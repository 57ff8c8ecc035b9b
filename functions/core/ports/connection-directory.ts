import type { Connection } from '../domain/connection.ts';

/** What a list shows of a connection. `degraded` is known only where all are listed. */
export type ListedConnection = Pick<
  Connection,
  'connectionId' | 'state' | 'sliding' | 'refreshExpiresAtMs' | 'degraded'
>;

/** Lists connections for their operators. Eventually consistent. Throws `PlatformFault` (`STORE_UNAVAILABLE`). */
export interface ConnectionDirectory {
  /** Reads at most `limit` connections after the one of that id, in an order of its own that does not change. */
  all(query: { readonly limit: number; readonly after?: string }): Promise<DirectoryPage<string>>;

  /**
   * Reads at most `limit` wakes of one shard, earliest first, and shows those whose refresh token lapses by `lapsesByMs`.
   * Whoever lapses by then wakes by then, so nobody is missed; whose wake moves meanwhile may show twice.
   */
  lapsing(query: LapsingQuery): Promise<DirectoryPage<WakePosition>>;
  readonly shardCount: number;
}

export interface DirectoryPage<Position> {
  readonly connections: readonly ListedConnection[];
  /** The last one read, shown or not; absent at the end. */
  readonly last?: Position;
}

export interface LapsingQuery {
  readonly shard: number;
  readonly lapsesByMs: number;
  readonly limit: number;
  readonly after?: WakePosition;
}

export interface WakePosition {
  readonly connectionId: string;
  readonly wakeAtMs: number;
}
