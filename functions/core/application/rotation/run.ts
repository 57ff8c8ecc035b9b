import type { Connection } from '../../domain/connection.ts';
import type { ConnectionChanges } from '../../domain/connection-changes.ts';
import type { RotateOutcome, RotateRequest } from '../../domain/rotate-request.ts';
import { alarmFor, planWake } from '../../domain/wake-plan.ts';
import type { Amendment, WriteResult } from '../../ports/connection-store.ts';
import { armWake } from '../arm-wake.ts';
import type { Deadline } from '../deadline.ts';
import type { RotationDeps } from './rotation-deps.ts';

/** One run of `rotate`: who asked, how long it may take, and the id it leases and commits under. */
export interface Run {
  readonly deps: RotationDeps;
  readonly request: RotateRequest;
  readonly deadline: Deadline;
  readonly attemptId: string;
}

/** How a step ended, and the connection as this run last stored or read it (absent: nothing is known of it any more). */
export interface StepResult {
  readonly outcome: RotateOutcome;
  readonly connection?: Connection;
}

/**
 * Stores changes together with the wake they lead to, then arms its alarm. The condition is generation and version,
 * plus whatever `only` adds.
 */
export async function amendWithWake(
  run: Run,
  connection: Connection,
  changes: ConnectionChanges,
  only: Omit<Amendment, 'token' | 'changes'> = {},
): Promise<{ result: WriteResult; connection: Connection }> {
  const { deps } = run;
  const plan = planWake(connection, changes, deps.clock.nowMs());
  const result = await deps.connections.amend({ token: connection, changes: plan.changes, ...only });
  if (result === 'lost') return { result, connection };
  await armWake(deps, plan.arm);
  return { result, connection: plan.after };
}

/**
 * The same for whoever does not hold the lease: only while the lease, the next attempt, and what is owed to IMS are as they
 * were read. A wake planned without knowing of a later claim would hide that holder's end, one without a later revocation
 * would hide that, and one without a later refusal, whose lease is released again, would hide the next attempt.
 */
export function amendAsRead(
  run: Run,
  connection: Connection,
  changes: ConnectionChanges,
  only: Pick<Amendment, 'onlyIfOutboxIs'> = {},
): Promise<{ result: WriteResult; connection: Connection }> {
  const onlyIfLeasedBy = connection.lease?.attemptId ?? null;
  const onlyIfRevocationsAre = connection.revocations.length;
  const onlyIfNextAttemptIs = connection.nextAttemptAtMs ?? null;
  const asRead = { onlyIfLeasedBy, onlyIfRevocationsAre, onlyIfNextAttemptIs };
  return amendWithWake(run, connection, changes, { ...only, ...asRead });
}

/** Arms the alarm of a wake that was stored by a write whose reply was lost. */
export async function armStoredWake({ deps }: Run, connection: Connection): Promise<void> {
  const { alarm } = connection;
  await armWake(deps, alarm && alarmFor(connection, alarm, deps.clock.nowMs()));
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
