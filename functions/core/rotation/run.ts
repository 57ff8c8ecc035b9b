import {
  type Connection,
  type ConnectionChanges,
  LEASE_MARGIN_MS,
  leaseEndsAtMs,
} from '../connection/connection.ts';
import { type ConnectionState, STATE_RULES } from '../connection/connection-states.ts';
import { type DueSchedule, planNextDue, scheduleFor } from '../connection/due.ts';
import type { Deadline } from '../deadline.ts';
import type { AccessTokenStore } from '../ports/access-tokens.ts';
import type { ConnectionStore, ConnectionUpdate, SubjectIndex, WriteResult } from '../ports/connections.ts';
import type { EventPublisher, Telemetry } from '../ports/events.ts';
import type { ClientSecretSource, Ims } from '../ports/ims.ts';
import type { Clock, Random } from '../ports/platform.ts';
import type { BreakerStore } from '../ports/rotation.ts';
import type { Parking, RotationSchedules } from '../ports/schedules.ts';
import type { TokenOpener, TokenSealer } from '../ports/sealing.ts';
import type { RotateOutcome, RotateRequest } from './rotate-request.ts';
import type { RevocationScope } from './successor.ts';
import { LEASE_MS } from './time-budget.ts';

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

/** Everything a rotation touches. */
export interface RotationDeps {
  readonly connections: ConnectionStore;
  readonly accessTokens: AccessTokenStore;
  readonly subjects: SubjectIndex;
  readonly breakers: BreakerStore;
  readonly sealer: TokenSealer;
  readonly opener: TokenOpener;
  readonly ims: Ims;
  readonly clientSecret: ClientSecretSource;
  readonly schedules: RotationSchedules;
  readonly parking: Parking;
  readonly events: EventPublisher;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly settings: RotationSettings;
}

export interface RotationSettings {
  readonly clientId: string;
  /** `*` and the narrower ones that may be vended. */
  readonly scopeSets: readonly string[];
  /** Whether revoking one token is known to leave the user's other grants alone. */
  readonly revocationScope: RevocationScope;
}

const ROTATABLE = (Object.keys(STATE_RULES) as ConnectionState[]).filter(
  (state) => STATE_RULES[state].mayRotate,
);

/**
 * The write-ahead intent to redeem: whoever holds the lease is the only one who may post this refresh token.
 * The due time moves to the lease's end, so that the reconciler notices a holder who died; releasing restores it.
 */
export async function claimLease(
  run: Run,
  connection: Connection,
  states: readonly ConnectionState[] = ROTATABLE,
  changes: ConnectionChanges = {},
): Promise<boolean> {
  const nowMs = run.deps.clock.nowMs();
  const lease = { runId: run.runId, untilMs: nowMs + LEASE_MS };
  const leaseEndMs = leaseEndsAtMs({ lease });
  const claimed = await run.deps.connections.claim({
    token: connection,
    lease,
    states,
    nowMs,
    leaseMarginMs: LEASE_MARGIN_MS,
    changes: { ...changes, dueAtMs: Math.min(connection.dueAtMs ?? leaseEndMs, leaseEndMs) },
  });
  return claimed === 'claimed';
}

/**
 * Creates the schedule of a due time that is already stored. Failing is not an error of the caller: the reconciler finds due times
 * whose schedule never came.
 */
export async function createDueSchedule(
  deps: { readonly schedules: RotationSchedules; readonly telemetry: Telemetry },
  schedule: DueSchedule | undefined,
): Promise<void> {
  if (schedule === undefined) return;
  try {
    await deps.schedules.create(schedule);
  } catch (error) {
    deps.telemetry.error('A schedule could not be created; the reconciler will find the due time.', error, {
      connectionId: schedule.connectionId,
    });
    deps.telemetry.measure('ScheduleNotCreated', 1, 'Count');
  }
}
