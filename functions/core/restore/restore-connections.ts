import type { Connection } from '../connection/connection.ts';
import { STATE_RULES } from '../connection/connection-states.ts';
import { mintGenerationAfter } from '../connection/generation.ts';
import type { ConnectionSource, ConnectionStore } from '../ports/connections.ts';
import type { Clock, Random } from '../ports/platform.ts';

export interface RestoreDeps {
  readonly source: ConnectionSource;
  readonly connections: Pick<ConnectionStore, 'replaceGeneration'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly random: Random;
}

export interface RestoreProgress {
  readonly read: number;
  /** Rows that were missing and are back. */
  readonly restored: number;
  /** Items that exist already. The present table is always right, so they are left as they are. */
  readonly present: number;
  /** Ids of rows that could not be understood; nothing was written for them. */
  readonly unreadable: readonly string[];
}

const AT_ONCE = 8;

/**
 * Copies what is missing from a restored table into the present one. Nothing present is overwritten, so it may be repeated
 * after a failure. The connections are due at once. The reconciler schedules them, earliest expiry first and at a limited
 * rate, so that they do not all refresh at the same moment.
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
        batch.map((row) => (row.kind === 'connection' ? restoreOne(deps, row.connection) : row.connectionId)),
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
  return (await connections.replaceGeneration(back, 'nothing')) === 'written' ? RESTORED : PRESENT;
}

/**
 * A row of an older table as it is stored again: under a new generation, so that nothing older can be mistaken for it, and
 * due at once, because its token may have been consumed since. That is why a live one is only `suspect`: its next rotation
 * proves it, and a refusal is handled with the usual patience.
 */
function restoredConnection(row: Connection, nowMs: number, randomBytes: Uint8Array): Connection {
  const {
    lease: _,
    schedule: __,
    evidence: ___,
    nextAttemptAtMs: ____,
    scopePauses: _____,
    lastAnswer: ______,
    heldUntilMs: _______,
    ...kept
  } = row;
  const canRotate = STATE_RULES[row.state].live && row.refresh !== undefined;
  return {
    ...kept,
    generation: mintGenerationAfter(row.generation, nowMs, randomBytes),
    commitIds: [],
    failures: 0,
    dueAtMs: nowMs,
    ...(canRotate && { state: 'suspect', rotateAtMs: nowMs }),
  };
}
