import { DUE_SHARDS, dueShardOf } from '../../../functions/adapters/dynamodb/connection-item.ts';
import type { AccessTokenRecord } from '../../../functions/core/access-tokens/access-token-record.ts';
import type { Connection } from '../../../functions/core/connection/connection.ts';
import type { AccessTokenStore } from '../../../functions/core/ports/access-tokens.ts';
import type { ConnectionStore, DueIndex, SubjectIndex } from '../../../functions/core/ports/connections.ts';
import type { Breakers } from '../../../functions/core/rotation/breakers.ts';
import { accessTokenKey, createFakeAccessTokenStore } from '../../support/fakes/fake-access-token-store.ts';
import { createFakeBreakerStore, type FakeBreakerStore } from '../../support/fakes/fake-breaker-store.ts';
import { pageOfDue } from '../../support/fakes/fake-connection-indexes.ts';
import { createFakeConnectionStore, IN_PLACE } from '../../support/fakes/fake-connection-store.ts';
import type { DynamoDbCounts } from './counters.ts';

/** The fake connection store of all tests, kept in place, with what DynamoDB would charge for each call. */
export interface ConnectionTable {
  readonly connections: ConnectionStore;
  readonly dueIndex: DueIndex;
  readonly subjects: SubjectIndex;
  /** The table without a request, for an observer of the run. */
  rows(): Iterable<Connection>;
  peek(connectionId: string): Connection | undefined;
  /** Every row is gone at once, and with them the indexes. */
  lose(): void;
}

export interface ConnectionTableOptions {
  readonly counts: DynamoDbCounts;
  /** Sees every write. */
  readonly onWrite?: (before: Connection | undefined, after: Connection) => void;
}

/** Keys and two times: an entry of the index `due` is always below a kilobyte. */
const DUE_ENTRY_BYTES = 150;

export function createConnectionTable({ counts, onWrite }: ConnectionTableOptions): ConnectionTable {
  const rows = new Map<string, Connection>();
  const store = createFakeConnectionStore({ connections: rows }, IN_PLACE);
  const columns = createDueColumns();
  const bySubject = new Map<string, string>();

  const charged = <Answer>(connectionId: string, read: (connectionId: string) => Answer): Answer => {
    chargeRead(counts, bytesOf(rows.get(connectionId)));
    return read(connectionId);
  };
  const note = (connectionId: string, before: Connection | undefined, after: Connection | undefined) => {
    columns.note(connectionId, after);
    if (after?.subjectKey !== undefined && before?.subjectKey !== after.subjectKey)
      bySubject.set(after.subjectKey, connectionId);
    if (after !== undefined) onWrite?.(before, after);
  };
  /** A refused condition is charged as the write it would have been. */
  const written = <Answer>(connectionId: string, write: () => Answer): Answer => {
    const before = rows.get(connectionId);
    const answer = write();
    const after = rows.get(connectionId);
    chargeWrite(counts, Math.max(bytesOf(before), bytesOf(after)));
    if (after === before) return answer;
    if (after !== undefined) counts.writeUnits += indexUnits(before, after);
    note(connectionId, before, after);
    return answer;
  };

  return {
    rows: () => rows.values(),
    peek: (connectionId) => rows.get(connectionId),
    lose() {
      for (const connectionId of rows.keys()) columns.note(connectionId, undefined);
      rows.clear();
      bySubject.clear();
    },
    subjects: {
      async connectionIdsOf(subjectKey) {
        counts.queries += 1;
        counts.readUnits += 0.5;
        const connectionId = bySubject.get(subjectKey);
        return connectionId === undefined ? [] : [connectionId];
      },
    },
    dueIndex: {
      shardCount: DUE_SHARDS,
      async overdue({ shard, untilMs, limit, cursor }) {
        const page = pageOfDue(columns.until(shard, untilMs), limit, cursor);
        counts.queries += 1;
        counts.readUnits += Math.max(0.5, Math.ceil((page.overdue.length * DUE_ENTRY_BYTES) / 4_096) / 2);
        return page;
      },
    },
    connections: {
      read: (connectionId) => charged(connectionId, store.read),
      readGeneration: (connectionId) => charged(connectionId, store.readGeneration),
      claim: (claim) => written(claim.expected.connectionId, () => store.claim(claim)),
      update: (update) => written(update.expected.connectionId, () => store.update(update)),
      replaceGeneration: (next, replacing) =>
        written(next.connectionId, () => store.replaceGeneration(next, replacing)),
      remove: (connectionId, generation) =>
        written(connectionId, () => store.remove(connectionId, generation)),
      clockSkewMs: () => 0,
    },
  };
}

/** A new place in the index `due` is a deletion and a write; a new end of life alone is a write. */
function indexUnits(before: Connection | undefined, after: Connection): number {
  if (before?.dueAtMs !== after.dueAtMs) {
    return (before?.dueAtMs === undefined ? 0 : 1) + (after.dueAtMs === undefined ? 0 : 1);
  }
  const isShown = after.dueAtMs !== undefined;
  return isShown && before?.refreshExpiresAtMs !== after.refreshExpiresAtMs ? 1 : 0;
}

export function createAccessTokenTable(counts: DynamoDbCounts): AccessTokenStore {
  const store = createFakeAccessTokenStore(IN_PLACE);
  const bytesAt = (connectionId: string, scopeSet: string): number | undefined => {
    const stored = store.items.get(accessTokenKey(connectionId, scopeSet));
    return stored && accessTokenBytes(stored.record);
  };
  return {
    read(connectionId, scopeSet) {
      chargeRead(counts, bytesAt(connectionId, scopeSet) ?? 0);
      return store.read(connectionId, scopeSet);
    },
    async list(connectionId) {
      const records = await store.list(connectionId);
      const sizes = records.map(({ scopeSet }) => bytesAt(connectionId, scopeSet) ?? 0);
      chargeRead(
        counts,
        sizes.reduce((sum, bytes) => sum + bytes, 0),
      );
      return records;
    },
    publish(token, ttl) {
      chargeWrite(counts, accessTokenBytes(token));
      return store.publish(token, ttl);
    },
    invalidateOlder(connectionId, scopeSet, generation, ttl) {
      chargeWrite(counts, bytesAt(connectionId, scopeSet) ?? ACCESS_FACTS_BYTES);
      return store.invalidateOlder(connectionId, scopeSet, generation, ttl);
    },
    invalidate(token, ttl) {
      chargeWrite(counts, bytesAt(token.connectionId, token.scopeSet) ?? accessTokenBytes(token));
      return store.invalidate(token, ttl);
    },
  };
}

/** The one item with the breakers of the whole fleet. */
export function createBreakerItem(counts: DynamoDbCounts): FakeBreakerStore {
  const store = createFakeBreakerStore(IN_PLACE);
  return {
    ...store,
    read() {
      chargeRead(counts, breakersBytes(store.present()));
      return store.read();
    },
    write(breakers) {
      chargeWrite(counts, breakersBytes(breakers));
      return store.write(breakers);
    },
  };
}

/**
 * What DynamoDB would count: the bytes of attribute names and values ("Item sizes and formats" of its guide). Adobe's tokens
 * are JWTs of more than a kilobyte. The simulation's are short, so sealed ones count as long as the real ones would be.
 */
const SEALED_REFRESH_BYTES = 220 + 1_200;
const SEALED_ACCESS_BYTES = 220 + 1_500;
/** Keys, state, scopes and times of a connection; a test holds this against what the adapter writes. */
const CONNECTION_FACTS_BYTES = 720;
const EVENT_BYTES = 190;
const ACCESS_FACTS_BYTES = 330;
const BREAKERS_FACTS_BYTES = 60;
const RECENT_FACT_BYTES = 60;

/** Of a strongly consistent read. */
function chargeRead(counts: DynamoDbCounts, bytes: number): void {
  counts.reads += 1;
  counts.readUnits += Math.max(1, Math.ceil(bytes / 4_096));
}

function chargeWrite(counts: DynamoDbCounts, bytes: number): void {
  counts.writes += 1;
  counts.writeUnits += Math.max(1, Math.ceil(bytes / 1_024));
}

function bytesOf(row: Connection | undefined): number {
  return row === undefined ? 0 : connectionBytes(row);
}

/** An estimate, not attribute by attribute: units come in whole kilobytes, and a run makes millions of writes. */
export function connectionBytes(connection: Connection): number {
  const { refresh, previous, alternate, displaced = [], outbox, revocations } = connection;
  const held = [refresh, previous, alternate].filter((token) => token !== undefined);
  const tokens = held.length + displaced.length + revocations.length;
  return CONNECTION_FACTS_BYTES + tokens * SEALED_REFRESH_BYTES + outbox.length * EVENT_BYTES;
}

export function accessTokenBytes(record: AccessTokenRecord): number {
  return ACCESS_FACTS_BYTES + (record.kind === 'token' ? SEALED_ACCESS_BYTES : 0);
}

function breakersBytes({ recent }: Breakers): number {
  return BREAKERS_FACTS_BYTES + recent.length * RECENT_FACT_BYTES;
}

/** The rows of the index `due`, kept so that the reconciler of a large fleet finds them fast. */
export interface DueColumns {
  /** The row as it is now; absent where it was deleted. */
  note(connectionId: string, row: Connection | undefined): void;
  /** Earliest first. */
  until(shard: number, untilMs: number): readonly DueRow[];
}

/** It has more than the index would show, but a copy of each row would be most of the work of a look. */
type DueRow = Connection & { readonly dueAtMs: number };

type Column = ReturnType<typeof createColumn>;

function createDueColumns(): DueColumns {
  const shards = Array.from({ length: DUE_SHARDS }, createColumn);
  const places = new Map<string, { readonly column: Column; readonly place: number }>();

  const placeOf = (connectionId: string) => {
    const known = places.get(connectionId);
    if (known) return known;
    const column = shards[dueShardOf(connectionId)] ?? createColumn();
    const place = { column, place: column.add() };
    places.set(connectionId, place);
    return place;
  };

  return {
    note(connectionId, row) {
      const { column, place } = placeOf(connectionId);
      column.set(place, row !== undefined && isDueRow(row) ? row : undefined);
    },
    until: (shard, untilMs) => shards[shard]?.until(untilMs) ?? [],
  };
}

function isDueRow(row: Connection): row is DueRow {
  return row.dueAtMs !== undefined;
}

/** One shard: its rows, and their due times as numbers. */
function createColumn() {
  const rows: (DueRow | undefined)[] = [];
  let moments = new Float64Array(64);
  return {
    add(): number {
      if (rows.length === moments.length) {
        const larger = new Float64Array(moments.length * 2);
        larger.set(moments);
        moments = larger;
      }
      return rows.push(undefined) - 1;
    },
    set(place: number, row: DueRow | undefined) {
      rows[place] = row;
      moments[place] = row?.dueAtMs ?? Number.POSITIVE_INFINITY;
    },
    until(untilMs: number): readonly DueRow[] {
      const found: DueRow[] = [];
      for (let place = 0; place < rows.length; place += 1) {
        const row = (moments[place] ?? Number.POSITIVE_INFINITY) <= untilMs ? rows[place] : undefined;
        if (row !== undefined) found.push(row);
      }
      return found.sort(byMoment);
    },
  };
}

function byMoment(one: DueRow, other: DueRow): number {
  return one.dueAtMs - other.dueAtMs || (one.connectionId < other.connectionId ? -1 : 1);
}
