import type { Connection } from '../../../functions/core/connection/connection.ts';
import type { ConnectionSource } from '../../../functions/core/ports/connections.ts';
import { restoreConnections } from '../../../functions/core/restore/restore-connections.ts';
import { DAY_MS, HOUR_MS } from '../../../functions/core/time-units.ts';
import { userOfSubject } from './adobe-line.ts';
import type { Fleet } from './fleet.ts';

/** What became of a table that was lost and replaced by the one of a day before. */
export interface Restored {
  rows: number;
  /** Consents younger than the older table. Their users are asked again. */
  consentsForgotten: number;
}

/** The older table is that of a day before the loss. */
const AGE_MS = DAY_MS;
/** Until the operator has noticed and AWS has made the older table. Every run that was under way has ended by then. */
const RESTORED_AFTER_MS = HOUR_MS;
const ROWS_PER_PAGE = 100;

/** Loses the table at a given moment, and restores yesterday's with the real use case. */
export function loseTableAt(fleet: Fleet, lostAtMs: number): Restored {
  const { time, table, census } = fleet;
  const restored: Restored = { rows: 0, consentsForgotten: 0 };
  time.at(lostAtMs - AGE_MS, () => {
    // No row is ever changed in place.
    const older = [...table.rows()];
    time.at(lostAtMs, () => {
      const lost = [...table.rows()];
      census.onTableLost(lost);
      table.lose();
      time.at(lostAtMs + RESTORED_AFTER_MS, () => {
        census.onOlderTable(older);
        void restore(fleet, older, restored);
        restored.consentsForgotten = askAgain(fleet, lost, older);
      });
    });
  });
  return restored;
}

async function restore({ time, table, random }: Fleet, older: readonly Connection[], restored: Restored) {
  const progress = await restoreConnections({
    source: sourceOf(older),
    connections: table.connections,
    clock: time,
    random,
  });
  restored.rows = progress.restored;
}

function sourceOf(older: readonly Connection[]): ConnectionSource {
  return {
    async *rows() {
      for (let first = 0; first < older.length; first += ROWS_PER_PAGE) {
        await Promise.resolve();
        yield older
          .slice(first, first + ROWS_PER_PAGE)
          .map((connection) => ({ kind: 'connection', connection }) as const);
      }
    },
  };
}

/** The app asks those users again whose latest consent is missing in the older table. */
function askAgain(
  { time, appUsers }: Fleet,
  lost: readonly Connection[],
  older: readonly Connection[],
): number {
  const known = new Set(older.map(({ generation }) => generation));
  const forgotten = lost.filter(({ generation }) => !known.has(generation));
  for (const { subject } of forgotten) {
    const nowMs = time.nowMs();
    if (subject !== undefined) {
      appUsers.askAgain(userOfSubject(subject), { fromMs: nowMs + HOUR_MS, untilMs: nowMs + 3 * DAY_MS });
    }
  }
  return forgotten.length;
}
