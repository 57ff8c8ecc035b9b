import type { Connection } from '../connection/connection.ts';
import { planNextDue } from '../connection/next-due.ts';
import { createDueSchedule } from './create-due-schedule.ts';
import { parkedFrom, parkOnce, reportSuccessorLost } from './park.ts';
import { createStoredSchedule, type Run, randomShare } from './run.ts';
import type { Succession } from './successor.ts';
import { COMMIT_MS, PARK_MS } from './time-budget.ts';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_500;
/** One more try of anything needs this much time. */
const LAST_TRY_MS = 500;

/** Where a received answer ended up. */
export type Kept =
  | { readonly kept: 'committed'; readonly connection: Connection }
  | { readonly kept: 'parked' }
  /** Somebody else's write came first; `current` is what is stored now. */
  | { readonly kept: 'overtaken'; readonly current: Connection | undefined }
  | { readonly kept: 'nowhere' };

/**
 * Commits a successor on generation and version (not on the lease), again and again until the deadline; when the store
 * does not take it, parks the successor. Whatever goes wrong here, a received successor must not be lost to it.
 */
export async function keepSuccession(
  run: Run,
  connection: Connection,
  succession: Succession,
): Promise<Kept> {
  const { clock } = run.deps;
  const parkAfter = clock.monotonicMs() + Math.min(COMMIT_MS, run.deadline.remainingMs() - PARK_MS);
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const committed = await commitOnce(run, connection, succession);
    if (committed !== 'unknown') return committed;
    const tooLate = run.deadline.remainingMs() < LAST_TRY_MS + pauseMs;
    if (tooLate || clock.monotonicMs() >= parkAfter) {
      if (await parkOnce(run, parkedFrom(run, connection, succession))) return { kept: 'parked' };
    }
    if (tooLate) return reportLoss(run, connection, succession);
    const untilParkingMs = parkAfter - clock.monotonicMs();
    const restMs = pauseMs * (0.5 + randomShare(run.deps) / 2);
    await clock.sleep(untilParkingMs > 0 ? Math.min(restMs, untilParkingMs) : restMs);
  }
}

async function commitOnce(
  run: Run,
  connection: Connection,
  succession: Succession,
): Promise<Exclude<Kept, { kept: 'parked' | 'nowhere' }> | 'unknown'> {
  const { connections, clock } = run.deps;
  const plan = planNextDue(connection, succession.changes, clock.nowMs());
  try {
    const result = await connections.update({
      token: connection,
      changes: plan.changes,
      // Without a successor the version stays, and a late retry must not end somebody else's lease: there is nothing to lose.
      ...(succession.refresh === undefined && { onlyIfLeasedBy: run.runId }),
    });
    if (result === 'conflict') return await settleLostCommit(run, connection, succession);
    await createDueSchedule(run.deps, plan.newSchedule);
    return { kept: 'committed', connection: plan.after };
  } catch (error) {
    run.deps.telemetry.warn('A commit did not get through.', {
      connectionId: connection.connectionId,
      reason: error instanceof Error ? error.name : 'unknown',
    });
    return 'unknown';
  }
}

/** A failed condition is my own earlier success when my commit is among the last two. */
async function settleLostCommit(
  run: Run,
  connection: Connection,
  succession: Succession,
): Promise<Exclude<Kept, { kept: 'parked' | 'nowhere' }>> {
  const current = await run.deps.connections.read(connection.connectionId);
  const mine =
    current?.generation === connection.generation && current.commitIds.includes(succession.commitId);
  if (!mine) return { kept: 'overtaken', current };
  await createStoredSchedule(run, current);
  return { kept: 'committed', connection: current };
}

function reportLoss(run: Run, connection: Connection, succession: Succession): Kept {
  if (!succession.refresh) return { kept: 'nowhere' };
  reportSuccessorLost(run, connection);
  return { kept: 'nowhere' };
}
