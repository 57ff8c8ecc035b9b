import type { Connection } from '../connection/connection.ts';
import type { ConnectionSource, ConnectionStore } from '../ports/connections.ts';
import type { Clock, Random } from '../ports/platform.ts';
import { restoredConnection } from './restored-connection.ts';

export interface RestoreDeps {
  readonly source: ConnectionSource;
  readonly connections: Pick<ConnectionStore, 'begin'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly random: Random;
}

export interface RestoreProgress {
  readonly read: number;
  /** Rows that were missing and are back. */
  readonly restored: number;
  /** Rows that are there already, whatever they say: the present table is always right. */
  readonly present: number;
  /** Ids of rows that could not be understood; nothing was written for them. */
  readonly unreadable: readonly string[];
}

const AT_ONCE = 8;

/**
 * Copies what is missing from a restored table into the present one. Nothing present is overwritten, so it may be repeated
 * after a failure. The due times are due at once: the reconciler creates them, earliest expiry first and under its cap, so that Adobe is
 * not asked for everybody at the same moment.
 */
export async function restoreConnections(
  deps: RestoreDeps,
  onProgress: (progress: RestoreProgress) => void = () => undefined,
): Promise<RestoreProgress> {
  const unreadable: string[] = [];
  let [read, restored, present] = [0, 0, 0];
  const progress = () => ({ read, restored, present, unreadable });
  for await (const rows of deps.source.rows()) {
    for (let first = 0; first < rows.length; first += AT_ONCE) {
      const batch = rows.slice(first, first + AT_ONCE);
      const results = await Promise.all(
        batch.map((row) => (row.row === 'connection' ? restoreOne(deps, row.connection) : row.connectionId)),
      );
      read += results.length;
      for (const result of results) {
        if (result === RESTORED) restored += 1;
        else if (result === PRESENT) present += 1;
        else unreadable.push(result);
      }
      onProgress(progress());
    }
  }
  return progress();
}

const RESTORED = Symbol('restored');
const PRESENT = Symbol('present');

async function restoreOne(
  { connections, clock, random }: RestoreDeps,
  row: Connection,
): Promise<typeof RESTORED | typeof PRESENT> {
  const back = restoredConnection(row, clock.nowMs(), random.bytes(10));
  return (await connections.begin(back, 'nothing')) === 'written' ? RESTORED : PRESENT;
}
