import { DUE_SHARDS, dueShardOf } from '../../../functions/adapters/dynamodb/connection-item.ts';
import type { Connection } from '../../../functions/core/connection/connection.ts';

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

export function createDueColumns(): DueColumns {
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

/** One shard: its rows, and beside them their moments as numbers. */
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
