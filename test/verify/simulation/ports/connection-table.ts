import { isDeepStrictEqual } from 'node:util';
import { DUE_SHARDS, dueShardOf } from '../../../../functions/adapters/dynamodb/due-shard.ts';
import type { Connection } from '../../../../functions/core/connection/connection.ts';
import { withChanges } from '../../../../functions/core/connection/connection-changes.ts';
import type {
  ConnectionStore,
  DueIndex,
  HeldTokens,
  OverdueConnection,
  OverduePage,
  Replaced,
  SubjectIndex,
} from '../../../../functions/core/ports/connections.ts';
import type { DynamoDbCounts } from '../counters.ts';
import { rowOf } from './connection-row.ts';
import { connectionBytes, readUnits, writeUnits } from './item-size.ts';

export interface ConnectionTable {
  readonly connections: ConnectionStore;
  readonly dueIndex: DueIndex;
  readonly subjects: SubjectIndex;
  /** The table without a request: for whoever looks at the run from outside. */
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

/**
 * The table Connections and its indexes, as their adapters behave, over plain objects that are never changed in place. Nothing is
 * copied on the way in or out: a million connections and tens of millions of calls must fit into minutes.
 */
export function createConnectionTable({ counts, onWrite }: ConnectionTableOptions): ConnectionTable {
  const rows = new Map<string, Connection>();
  const dueIndex = createDueIndexOf();
  const bySubject = new Map<string, string>();

  const put = (before: Connection | undefined, after: Connection): 'written' => {
    const { connectionId, subjectKey } = after;
    counts.writes += 1;
    counts.writeUnits +=
      writeUnits(Math.max(connectionBytes(after), bytesOf(before))) + indexUnits(before, after);
    rows.set(connectionId, after);
    dueIndex.note(after);
    if (subjectKey !== undefined && before?.subjectKey !== subjectKey)
      bySubject.set(subjectKey, connectionId);
    onWrite?.(before, after);
    return 'written';
  };
  /** A refused condition is charged as the write it would have been. */
  const refuse = (row: Connection | undefined): 'conflict' => {
    counts.writes += 1;
    counts.writeUnits += writeUnits(bytesOf(row));
    return 'conflict';
  };

  return {
    rows: () => rows.values(),
    peek: (connectionId) => rows.get(connectionId),
    lose() {
      for (const connectionId of rows.keys()) dueIndex.forget(connectionId);
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
        const page = dueIndex.page(shard, untilMs, limit, cursor);
        counts.queries += 1;
        counts.readUnits += Math.max(0.5, Math.ceil((page.dueIndex.length * DUE_ENTRY_BYTES) / 4_096) / 2);
        return page;
      },
    },
    connections: {
      async read(connectionId) {
        const row = rows.get(connectionId);
        counts.reads += 1;
        counts.readUnits += readUnits(bytesOf(row));
        return row;
      },

      async readGeneration(connectionId) {
        const row = rows.get(connectionId);
        counts.reads += 1;
        counts.readUnits += readUnits(bytesOf(row));
        return row?.generation;
      },

      async claim({ token, lease, states, nowMs, leaseMarginMs, changes }) {
        const row = rows.get(token.connectionId);
        const mayClaim =
          isOfGeneration(row, token) &&
          row.nextAttemptAtMs === token.nextAttemptAtMs &&
          row.revocations.length === token.revocations.length &&
          states.includes(row.state) &&
          (row.lease === undefined || nowMs >= row.lease.untilMs + leaseMarginMs);
        if (!mayClaim) return refuse(row);
        put(row, rowOf(withChanges(row, { ...changes, lease })));
        return 'claimed';
      },

      async update(update) {
        const { token, changes, onlyIfLeasedBy, onlyIfState, onlyIfOutboxIs, onlyIfRevocationsAre } = update;
        const row = rows.get(token.connectionId);
        const mayUpdate =
          isOfGeneration(row, token) &&
          (onlyIfLeasedBy === undefined || (row.lease?.runId ?? null) === onlyIfLeasedBy) &&
          (onlyIfState === undefined || row.state === onlyIfState) &&
          (onlyIfOutboxIs === undefined || holdsExactly(row, onlyIfOutboxIs)) &&
          (onlyIfRevocationsAre === undefined || row.revocations.length === onlyIfRevocationsAre) &&
          (update.onlyIfNextAttemptIs === undefined ||
            (row.nextAttemptAtMs ?? null) === update.onlyIfNextAttemptIs) &&
          (update.onlyIfTokensAre === undefined || holdsTokens(row, update.onlyIfTokensAre));
        if (!mayUpdate) return refuse(row);
        return put(row, rowOf(withChanges(row, changes)));
      },

      async begin(connection, replacing) {
        const row = rows.get(connection.connectionId);
        const isNewer = row === undefined || row.generation < connection.generation;
        if (!isNewer || (replacing !== undefined && !isReplaced(row, replacing))) {
          return refuse(row);
        }
        return put(row, rowOf(connection));
      },

      async remove(connectionId, generation) {
        const row = rows.get(connectionId);
        if (row?.generation !== generation || row.state !== 'disconnected') return refuse(row);
        counts.writes += 1;
        counts.writeUnits += writeUnits(bytesOf(row));
        rows.delete(connectionId);
        dueIndex.forget(connectionId);
        return 'written';
      },

      clockSkewMs: () => 0,
    },
  };
}

const bytesOf = (row: Connection | undefined): number => (row === undefined ? 0 : connectionBytes(row));

type Version = Pick<Connection, 'generation' | 'version'>;

function isOfGeneration(row: Connection | undefined, token: Version): row is Connection {
  return row?.generation === token.generation && row.version === token.version;
}

function isReplaced(row: Connection | undefined, replaced: Replaced): boolean {
  if (replaced === 'nothing') return row === undefined;
  return (
    isOfGeneration(row, replaced) &&
    holdsExactly(
      row,
      replaced.outbox.map(({ id }) => id),
    ) &&
    row.revocations.length === replaced.revocations.length &&
    (row.alternate === undefined) === (replaced.alternate === undefined) &&
    isDeepStrictEqual(row.consentUnderWay, replaced.consentUnderWay)
  );
}

/** No row is changed in place, so a token that was not replaced is the same object. */
function holdsTokens(row: Connection, held: HeldTokens): boolean {
  return (['refresh', 'previous', 'alternate', 'revocations'] as const).every(
    (name) => row[name] === held[name],
  );
}

function holdsExactly({ outbox }: Connection, eventIds: readonly string[]): boolean {
  return outbox.length === eventIds.length && outbox.every(({ id }, at) => id === eventIds[at]);
}

/** A new place in the index `due` is a deletion and a write; a new end of life alone is a write. */
function indexUnits(before: Connection | undefined, after: Connection): number {
  if (before?.dueAtMs !== after.dueAtMs) {
    return (before?.dueAtMs === undefined ? 0 : 1) + (after.dueAtMs === undefined ? 0 : 1);
  }
  const isShown = after.dueAtMs !== undefined;
  return isShown && before?.refreshExpiresAtMs !== after.refreshExpiresAtMs ? 1 : 0;
}

/** The index `due` as columns of numbers: the reconciler of a large fleet looks through it every hour. */
function createDueIndexOf() {
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
  /** What a reader has yet to be shown, by the cursor it was given: an index that lags is what a query reads anyway. */
  const remaining = new Map<string, readonly OverdueConnection[]>();
  let queries = 0;

  return {
    note(row: Connection) {
      const { column, place } = placeOf(row.connectionId);
      column.set(place, isInDueIndex(row) ? row : undefined);
    },
    forget(connectionId: string) {
      const { column, place } = placeOf(connectionId);
      column.set(place, undefined);
    },
    page(shard: number, untilMs: number, limit: number, cursor: string | undefined): OverduePage {
      const found = (cursor === undefined ? shards[shard]?.until(untilMs) : remaining.get(cursor)) ?? [];
      if (cursor !== undefined) remaining.delete(cursor);
      if (found.length <= limit) return { dueIndex: found };
      queries += 1;
      const next = String(queries);
      remaining.set(next, found.slice(limit));
      return { dueIndex: found.slice(0, limit), cursor: next };
    },
  };
}

type RowInDueIndex = Connection & { readonly dueAtMs: number };

function isInDueIndex(row: Connection): row is RowInDueIndex {
  return row.dueAtMs !== undefined;
}

type Column = ReturnType<typeof createColumn>;

/** The rows themselves: they have more than the index would show, but making a copy of each would be most of a census. */
function createColumn() {
  const rows: (RowInDueIndex | undefined)[] = [];
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
    set(place: number, row: RowInDueIndex | undefined) {
      rows[place] = row;
      moments[place] = row?.dueAtMs ?? Number.POSITIVE_INFINITY;
    },
    /** Earliest first. */
    until(untilMs: number): readonly RowInDueIndex[] {
      const found: number[] = [];
      for (let place = 0; place < rows.length; place += 1) {
        if ((moments[place] ?? Number.POSITIVE_INFINITY) <= untilMs) found.push(place);
      }
      found.sort((one, other) => (moments[one] ?? 0) - (moments[other] ?? 0) || one - other);
      const dueIndex: RowInDueIndex[] = [];
      for (const place of found) {
        const row = rows[place];
        if (row !== undefined) dueIndex.push(row);
      }
      return dueIndex;
    },
  };
}
