import type { Connection, TokenIdentity } from '../connection/connection.ts';
import { planNextDue } from '../connection/due.ts';
import { ASSUMED_REFRESH_LIFE_MS } from '../connection/lifetime.ts';
import { pauseBeforeRetry } from '../connection/retry-conflicts.ts';
import { defined } from '../defined.ts';
import { reasonInLog } from '../platform-error.ts';
import { ownerProof, type ParkedSuccessor, successorOf } from './parked-successor.ts';
import { classifyEnvelope } from './recover.ts';
import { createDueSchedule, createStoredSchedule, type Run, randomShare, type StepResult } from './run.ts';
import { settleUncommitted } from './settle-uncommitted.ts';
import type { Succession } from './successor.ts';
import { COMMIT_MS, PARK_MS } from './time-budget.ts';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_500;
/** One more try of anything needs this much time. */
const LAST_TRY_MS = 500;
/** The pauses between tries to settle stop growing here. */
const LONGEST_PAUSE_TRY = 4;

/** Where a received answer ended up. */
export type Kept =
  | { readonly kind: 'committed'; readonly connection: Connection }
  | { readonly kind: 'parked' }
  /** Another write came first; `current` is what is stored now. */
  | { readonly kind: 'overtaken'; readonly current: Connection | undefined }
  | { readonly kind: 'nowhere' };

/**
 * Commits a successor on generation and version (not on the lease), and retries until the deadline. If the store does
 * not take it, parks the successor. A successor that was received must not be lost, whatever goes wrong here.
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
      if (await parkOnce(run, parkedFrom(run, connection, succession))) return { kind: 'parked' };
    }
    if (tooLate) return reportLoss(run, connection, succession);
    const untilParkingMs = parkAfter - clock.monotonicMs();
    const restMs = pauseMs * (0.5 + randomShare(run.deps) / 2);
    await clock.sleep(untilParkingMs > 0 ? Math.min(restMs, untilParkingMs) : restMs);
  }
}

type Decided = Extract<Kept, { kind: 'committed' | 'overtaken' }>;

async function commitOnce(
  run: Run,
  connection: Connection,
  succession: Succession,
): Promise<Decided | 'unknown'> {
  const { connections, clock } = run.deps;
  const plan = planNextDue(connection, succession.changes, clock.nowMs());
  try {
    const written = await connections.update({
      expected: connection,
      changes: plan.changes,
      // Without a successor the version stays. A late retry must not end another run's lease, and there is nothing to
      // lose.
      ...(succession.refresh === undefined && { onlyIfLeasedBy: run.runId }),
    });
    if (written === 'conflict') return await settleLostCommit(run, connection, succession);
    await createDueSchedule(run.deps, plan.newSchedule);
    return { kind: 'committed', connection: plan.after };
  } catch (error) {
    run.deps.telemetry.warn('A commit did not get through.', {
      connectionId: connection.connectionId,
      reason: reasonInLog(error),
    });
    return 'unknown';
  }
}

/** A failed condition is this run's own earlier success when its commit is among the last two. */
async function settleLostCommit(run: Run, connection: Connection, succession: Succession): Promise<Decided> {
  const current = await run.deps.connections.read(connection.connectionId);
  const isOurs =
    current?.generation === connection.generation && current.commitIds.includes(succession.commitId);
  if (!isOurs) return { kind: 'overtaken', current };
  await createStoredSchedule(run, current);
  return { kind: 'committed', connection: current };
}

function reportLoss(run: Run, connection: Connection, succession: Succession): Kept {
  if (succession.refresh) reportSuccessorLost(run, connection);
  return { kind: 'nowhere' };
}

/**
 * Settles an uncommitted successor that this run received itself: only this process holds it. If other writes keep
 * coming first, or the store fails, the run parks it, and its schedule settles it by the same rules. If its parking
 * schedule exists already, the run tries both until its time is up.
 */
export async function settleOrPark(
  run: Run,
  current: Connection | undefined,
  parked: ParkedSuccessor,
): Promise<StepResult> {
  for (let tries = 1; ; tries += 1) {
    const latest = tries === 1 ? current : 'stale';
    const settled = await settleOnce(run, latest, parked);
    if (settled.kind === 'settled') return settled.result;
    if (await parkOnce(run, parked)) return { outcome: { outcome: 'parked' } };
    if (run.deadline.remainingMs() < LAST_TRY_MS) {
      reportSuccessorLost(run, parked);
      if (settled.kind === 'failed') throw settled.error;
      return { outcome: { outcome: 'unknown', retryAfterMs: 1_000 } };
    }
    await pauseBeforeRetry(run.deps, Math.min(tries, LONGEST_PAUSE_TRY));
  }
}

type SettleTry =
  | { readonly kind: 'settled'; readonly result: StepResult }
  | { readonly kind: 'unsettled' }
  | { readonly kind: 'failed'; readonly error: unknown };

async function settleOnce(
  run: Run,
  current: Connection | undefined | 'stale',
  parked: ParkedSuccessor,
): Promise<SettleTry> {
  const { connectionId, generation, subjectKey } = parked;
  const owner = defined({ subjectKey });
  try {
    const latest = current === 'stale' ? await run.deps.connections.read(connectionId) : current;
    const uncommitted = { successor: successorOf(parked), generation, owner };
    const { kind, ...left } = await settleUncommitted(run, latest, uncommitted);
    return kind === 'settled' ? { kind, result: { outcome: { outcome: 'superseded' }, ...left } } : { kind };
  } catch (error) {
    return { kind: 'failed', error };
  }
}

/** The form in which a successor waits; `undefined` when the answer brought none. */
export function parkedFrom(
  run: Run,
  connection: Connection,
  succession: Succession,
): ParkedSuccessor | undefined {
  const { refresh, newRefreshToken } = succession;
  if (!refresh || !newRefreshToken) return undefined;
  const nowMs = run.deps.clock.nowMs();
  const { connectionId, generation, version, subjectKey } = connection;
  const owner = defined({ subjectKey });
  return {
    connectionId,
    generation,
    version,
    sealed: refresh.sealed,
    commitId: succession.commitId,
    parkedAtMs: nowMs,
    refreshExpiresAtMs: succession.changes.refreshExpiresAtMs ?? nowMs + ASSUMED_REFRESH_LIFE_MS,
    sliding: succession.changes.sliding ?? 'unknown',
    ...owner,
    ownerProof: ownerProof(newRefreshToken, { connectionId, generation, version, ...owner }),
  };
}

/** Puts a successor where the next claimer, and a recurring schedule, will find it. */
async function parkOnce(run: Run, parked: ParkedSuccessor | undefined): Promise<boolean> {
  if (parked === undefined) return false;
  try {
    if (!(await parkIn(run, parked))) return false;
  } catch (error) {
    run.deps.telemetry.warn('A successor could not be parked.', {
      connectionId: parked.connectionId,
      reason: reasonInLog(error),
    });
    return false;
  }
  run.deps.telemetry.error('A successor could not be committed and was parked.', undefined, {
    connectionId: parked.connectionId,
  });
  run.deps.telemetry.measure('SuccessorParked', 1, 'Count');
  return true;
}

async function parkIn(run: Run, parked: ParkedSuccessor): Promise<boolean> {
  const { parking } = run.deps;
  if ((await parking.park(parked)) === 'parked') return true;
  return (await makeRoom(run, parked)) && (await parking.park(parked)) === 'parked';
}

/**
 * The name of a parking place can be computed by any caller that can create schedules. What is there and does not open
 * is no successor, and must not cost a real one its place. One that opens stays: it may be the only copy of a living
 * token.
 */
async function makeRoom(run: Run, parked: ParkedSuccessor): Promise<boolean> {
  const { parking, telemetry } = run.deps;
  const occupant = await parking.find(parked);
  if (occupant && (await classifyEnvelope(run, undefined, occupant)) !== 'refused') {
    telemetry.error('Another successor is parked in the same place.', undefined, {
      connectionId: parked.connectionId,
    });
    return false;
  }
  await parking.remove(parked);
  return true;
}

/** The successor could not be stored anywhere. */
function reportSuccessorLost({ deps }: Run, { connectionId, generation, version }: TokenIdentity): void {
  deps.telemetry.error('A successor could not be stored anywhere.', undefined, {
    connectionId,
    generation,
    version,
  });
  deps.telemetry.measure('SuccessorLost', 1, 'Count');
}
