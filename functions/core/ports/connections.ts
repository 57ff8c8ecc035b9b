import type { ConnectionState } from '../../../client/contract.ts';
import type { Connection, ConnectionChanges, Lease, TokenIdentity } from '../connection/connection.ts';

/*
 * The table Connections and its two indexes. A connection is stored until it is disconnected; a tombstone then stays for some
 * days. Everything here throws `PlatformError` (`STORE_UNAVAILABLE`, `ACCESS_DENIED`, `ITEM_MALFORMED`).
 */

/**
 * The durable state of all connections. Every write is conditional. A failed condition is a value. After
 * `STORE_UNAVAILABLE` the caller must assume that the write may have happened.
 */
export interface ConnectionStore {
  /** Strongly consistent. A tombstone is returned as such. `undefined` when nothing is stored. */
  read(connectionId: string): Promise<Connection | undefined>;

  /** Strongly consistent: the generation alone, for callers that may not read anything else of a connection. */
  readGeneration(connectionId: string): Promise<string | undefined>;

  /**
   * Takes the lease if generation and version are as expected, the state is one of `states`, the next attempt has not been
   * postponed since it was read, the number of pending revocations is as it was read (a later write would otherwise plan the
   * due time without them), and no lease is live. A lease counts as live until `until + leaseMarginMs`.
   */
  claim(claim: Claim): Promise<ClaimResult>;

  /**
   * Stores changes if generation and version are as expected and every stated `onlyIf…` condition holds. A commit of a
   * rotated refresh token is such an update with `version: n + 1`; it does not look at the lease. `null` removes an attribute.
   */
  update(update: ConnectionUpdate): Promise<WriteResult>;

  /**
   * Writes the whole item of a new generation if nothing is stored or the stored generation is older. With `replacing`, the
   * stored item must also be of that generation and version (or absent, for `'nothing'`) and hold what it held: events to
   * publish, tokens to revoke, an `alternate`, the mark of a consent under way. A stored generation that is far in the future
   * gives way to any other.
   */
  replaceGeneration(connection: Connection, replacing?: Replaced): Promise<WriteResult>;

  /** Deletes a tombstone of exactly this generation. */
  remove(connectionId: string, generation: string): Promise<WriteResult>;

  /** How far our clock is ahead of the store's, from the last response's `Date` header (whole seconds), if known. */
  clockSkewMs(): number | undefined;
}

export interface Claim {
  /** The connection as it was read. */
  readonly expected: TokenIdentity & Pick<Connection, 'nextAttemptAtMs' | 'revocations'>;
  readonly lease: Lease;
  readonly states: readonly ConnectionState[];
  readonly nowMs: number;
  readonly leaseMarginMs: number;
  /** Written together with the lease (for example the count of forced refreshes). */
  readonly changes?: ConnectionChanges;
}

export type ClaimResult = 'claimed' | 'conflict';

export interface ConnectionUpdate {
  readonly expected: TokenIdentity;
  readonly changes: ConnectionChanges;
  /** The lease is held by this run; `null`: by none. */
  readonly onlyIfLeasedBy?: string | null;
  readonly onlyIfState?: ConnectionState;
  /** The stored outbox still holds exactly these events (it only grows at its end and shrinks at its front). */
  readonly onlyIfOutboxIs?: readonly string[];
  /** The number of pending revocations is still this one (under a lease the list only grows, at its end). */
  readonly onlyIfRevocationsAre?: number;
  /** The next attempt is still as it was read; `null`: not postponed. A refusal or a failure in between moves it. */
  readonly onlyIfNextAttemptIs?: number | null;
  /** Every sealed token is byte for byte what it was. */
  readonly onlyIfTokensAre?: HeldTokens;
}

/** All sealed tokens of a connection. */
export type HeldTokens = {
  readonly [Name in 'refresh' | 'previous' | 'alternate']: Connection[Name] | undefined;
} & Pick<Connection, 'revocations'>;

/** `conflict`: the condition failed and nothing was written. Read again to learn why. */
export type WriteResult = 'written' | 'conflict';

export type Replaced =
  | 'nothing'
  | Pick<Connection, 'generation' | 'version' | 'outbox' | 'revocations' | 'alternate' | 'consentUnderWay'>;

/** A table of connections that is only read, such as one that a point-in-time restore created. */
export interface ConnectionSource {
  /** Every row, in no particular order, page by page. */
  rows(): AsyncIterable<readonly SourceRow[]>;
}

export type SourceRow =
  | { readonly kind: 'connection'; readonly connection: Connection }
  /** Not in the form in which the vault writes it. */
  | { readonly kind: 'unreadable'; readonly connectionId: string };

/** What a list shows of a connection. The optional members are known only where all are listed. */
export type ListedConnection = Pick<
  Connection,
  'connectionId' | 'state' | 'sliding' | 'refreshExpiresAtMs' | 'degraded' | 'rotatedAtMs'
> &
  Partial<Pick<Connection, 'connectedAtMs' | 'renewable'>>;

/** Lists connections for operators. Eventually consistent. */
export interface ConnectionDirectory {
  /** Reads at most `limit` connections after the one of that id, in an order that does not change. */
  all(query: { readonly limit: number; readonly after?: string }): Promise<DirectoryPage<string>>;

  /**
   * Reads at most `limit` due times of one shard, earliest first, and shows the connections whose refresh token expires by
   * `expiresByMs`. Such a connection is due by then, so none is missed. One whose due time changes meanwhile may show twice.
   */
  expiring(query: ExpiringQuery): Promise<DirectoryPage<DuePosition>>;
  readonly shardCount: number;
}

export interface DirectoryPage<Position> {
  readonly connections: readonly ListedConnection[];
  /** The last one read, shown or not. Absent at the end. */
  readonly last?: Position;
}

export interface ExpiringQuery {
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
  /** Absent at the end. */
  readonly cursor?: string;
}

/** A member that the row does not have, or has in an unreadable form, is undefined. */
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

/** Connections that no search by person finds: they were imported, and neither line nor token named their owner. */
export interface UnknownOwners {
  /** Eventually consistent. A tombstone does not count. */
  countUnknownOwners(): Promise<number>;
}
