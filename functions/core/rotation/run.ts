import type { Connection } from '../connection/connection.ts';
import type { ConnectionChanges } from '../connection/connection-changes.ts';
import { planNextDue, scheduleFor } from '../connection/next-due.ts';
import type { Deadline } from '../deadline.ts';
import type { ConnectionUpdate, WriteResult } from '../ports/connections.ts';
import { createDueSchedule } from './create-due-schedule.ts';
import type { RotateOutcome, RotateRequest } from './rotate-request.ts';
import type { RotationDeps } from './rotation-deps.ts';

/** One run of `rotate`: who asked, how long it may take, and the id it leases and commits under. */
export interface Run {
  readonly deps: RotationDeps;
  readonly request: RotateRequest;
  readonly deadline: Deadline;
  readonly runId: string;
}

/** How a step ended, and the connection as this run last stored or read it (absent: nothing is known of it any more). */
export interface StepResult {
  readonly outcome: RotateOutcome;
  readonly connection?: Connection;
}

/**
 * Stores changes together with the due time they lead to, then creates its schedule. The condition is generation and version,
 * plus whatever `only` adds.
 */
export async function updateWithSchedule(
  run: Run,
  connection: Connection,
  changes: ConnectionChanges,
  only: Omit<ConnectionUpdate, 'token' | 'changes'> = {},
): Promise<{ result: WriteResult; connection: Connection }> {
  const { deps } = run;
  const plan = planNextDue(connection, changes, deps.clock.nowMs());
  const result = await deps.connections.update({ token: connection, changes: plan.changes, ...only });
  if (result === 'conflict') return { result, connection };
  await createDueSchedule(deps, plan.newSchedule);
  return { result, connection: plan.after };
}

/**
 * The same for whoever does not hold the lease: only while the lease, the next attempt, and what is owed to IMS are as they
 * were read. A due time planned without knowing of a later claim would hide that holder's end, one without a later revocation
 * would hide that, and one without a later refusal, whose lease is released again, would hide the next attempt.
 */
export function updateAsRead(
  run: Run,
  connection: Connection,
  changes: ConnectionChanges,
  only: Pick<ConnectionUpdate, 'onlyIfOutboxIs'> = {},
): Promise<{ result: WriteResult; connection: Connection }> {
  const onlyIfLeasedBy = connection.lease?.runId ?? null;
  const onlyIfRevocationsAre = connection.revocations.length;
  const onlyIfNextAttemptIs = connection.nextAttemptAtMs ?? null;
  const asRead = { onlyIfLeasedBy, onlyIfRevocationsAre, onlyIfNextAttemptIs };
  return updateWithSchedule(run, connection, changes, { ...only, ...asRead });
}

/** Creates the schedule of a due time that was stored by a write whose reply was lost. */
export async function createStoredSchedule({ deps }: Run, connection: Connection): Promise<void> {
  const { schedule } = connection;
  await createDueSchedule(deps, schedule && scheduleFor(connection, schedule, deps.clock.nowMs()));
}

const FIRST_PAUSE_MS = 100;

/** Lets the writer that came first finish: 50–100 ms before the second try, twice as long before each further one. */
export function pauseBeforeTry({ deps }: Run, triesMade: number): Promise<void> {
  const longestMs = FIRST_PAUSE_MS * 2 ** (triesMade - 1);
  return deps.clock.sleep(longestMs * (0.5 + randomShare(deps) / 2));
}

/** Text of 128 random bits. */
export function randomId(deps: Pick<RotationDeps, 'random'>): string {
  return Buffer.from(deps.random.bytes(16)).toString('base64url');
}

/** A number in [0, 1). */
export function randomShare(deps: Pick<RotationDeps, 'random'>): number {
  return Buffer.from(deps.random.bytes(4)).readUInt32BE(0) / 2 ** 32;
}
