import type { Connection } from '../connection/connection.ts';

/** What a list shows of a connection. `degraded` is known only where all are listed. */
export type ListedConnection = Pick<
  Connection,
  'connectionId' | 'state' | 'sliding' | 'refreshExpiresAtMs' | 'degraded'
>;

/** Lists connections for their operators. Eventually consistent. Throws `PlatformError` (`STORE_UNAVAILABLE`). */
export interface ConnectionDirectory {
  /** Reads at most `limit` connections after the one of that id, in an order of its own that does not change. */
  all(query: { readonly limit: number; readonly after?: string }): Promise<DirectoryPage<string>>;

  /**
   * Reads at most `limit` due times of one shard, earliest first, and shows those whose refresh token expires by `expiresByMs`.
   * What expires by then is due by then, so none is missed; one whose due time moves meanwhile may show twice.
   */
  lapsing(query: LapsingQuery): Promise<DirectoryPage<DuePosition>>;
  readonly shardCount: number;
}

export interface DirectoryPage<Position> {
  readonly connections: readonly ListedConnection[];
  /** The last one read, shown or not; absent at the end. */
  readonly last?: Position;
}

export interface LapsingQuery {
  readonly shard: number;
  readonly expiresByMs: number;
  readonly limit: number;
  readonly after?: DuePosition;
}

export interface DuePosition {
  readonly connectionId: string;
  readonly dueAtMs: number;
}
