import type { Connection, ConnectionChanges, Lease, TokenIdentity } from '../connection/connection.ts';
import type { ConnectionState } from '../connection/connection-states.ts';

/**
 * The durable state of all connections. Every write is conditional; a lost condition is a value, an unreachable or
 * failing store is thrown as `PlatformError` (code `STORE_UNAVAILABLE`) with an outcome the caller must treat as unknown.
 */
export interface ConnectionStore {
  /** Strongly consistent. A tombstone is returned as what it is. */
  read(connectionId: string): Promise<Connection | undefined>;

  /** Strongly consistent: the generation alone, for callers that may not read anything else of a connection. */
  readGeneration(connectionId: string): Promise<string | undefined>;

  /**
   * Takes the lease if generation and version are as given, the state is one of `states`, nobody has put the next attempt
   * off since (`nextAttemptAtMs`), as many revocations are owed as were read (a later write would plan the due time without them), and no
   * lease is live: a lease counts as live until `until + leaseMarginMs`.
   */
  claim(claim: Claim): Promise<ClaimResult>;

  /**
   * Stores changes if generation and version are as given (and, where stated, the lease is held by `onlyIfLeasedBy` (`null`: by nobody),
   * or the state is still `onlyIfState`). A commit of a rotated refresh token is such an update with `version: n + 1`:
   * it does not look at the lease. `null` removes an attribute.
   */
  update(update: ConnectionUpdate): Promise<WriteResult>;

  /**
   * Brings in a generation: writes the whole item if none is stored or the stored generation is older.
   * With `replacing`, the stored item must still be of that generation and version (or absent for `'nothing'`) and owe
   * what it owed: events to publish, tokens to revoke, an `alternate`, the mark of a consent under way. One whose generation is far ahead gives way to any.
   */
  begin(connection: Connection, replacing?: Replaced): Promise<WriteResult>;

  /** Drops a tombstone of exactly this generation. */
  remove(connectionId: string, generation: string): Promise<WriteResult>;

  /** How far our clock is from the store's, from the last answer's `Date` header (whole seconds), if known. */
  clockSkewMs(): number | undefined;
}

export interface Claim {
  /** The connection as it was read. */
  readonly token: TokenIdentity & Pick<Connection, 'nextAttemptAtMs' | 'revocations'>;
  readonly lease: Lease;
  readonly states: readonly ConnectionState[];
  readonly nowMs: number;
  readonly leaseMarginMs: number;
  /** Written together with the lease (for example the count of forced refreshes). */
  readonly changes?: ConnectionChanges;
}

export type ClaimResult = 'claimed' | 'conflict';

export interface ConnectionUpdate {
  readonly token: TokenIdentity;
  readonly changes: ConnectionChanges;
  readonly onlyIfLeasedBy?: string | null;
  readonly onlyIfState?: ConnectionState;
  /** The stored outbox still holds exactly these events (it only grows at its end and shrinks at its front). */
  readonly onlyIfOutboxIs?: readonly string[];
  /** As many revocations are still owed (under a lease the list only grows, at its end). */
  readonly onlyIfRevocationsAre?: number;
  /** The next attempt is still put off as it was read; `null`: it is not. A refusal or a failure in between has moved it. */
  readonly onlyIfNextAttemptIs?: number | null;
  /** Every sealed token is byte for byte what it was. */
  readonly onlyIfTokensAre?: HeldTokens;
}

/** All sealed tokens of a connection. */
export type HeldTokens = {
  readonly [Name in 'refresh' | 'previous' | 'alternate']: Connection[Name] | undefined;
} & Pick<Connection, 'revocations'>;

/** `lost`: the condition failed, nothing was written; read again to learn why. */
export type WriteResult = 'written' | 'conflict';

export type Replaced =
  | 'nothing'
  | Pick<Connection, 'generation' | 'version' | 'outbox' | 'revocations' | 'alternate' | 'consentUnderWay'>;

/** A table of connections that is only read: what a point-in-time restore made. */
export interface ConnectionSource {
  /** Every row, in no order, page by page. Throws `PlatformError` (`STORE_UNAVAILABLE`, `ACCESS_DENIED`). */
  rows(): AsyncIterable<readonly SourceRow[]>;
}

export type SourceRow =
  | { readonly kind: 'connection'; readonly connection: Connection }
  /** Not as we write it. */
  | { readonly kind: 'unreadable'; readonly connectionId: string };

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
  readonly overdue: readonly OverdueConnection[];
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

/** Finds all connections of one Adobe user. Eventually consistent. */
export interface SubjectIndex {
  connectionIdsOf(subjectKey: string): Promise<readonly string[]>;
}

/** Connections that no look-up by person finds: they were imported, and neither line nor token told whose they are. */
export interface UnknownOwners {
  /** Eventually consistent. A tombstone does not count. */
  countUnknownOwners(): Promise<number>;
}
