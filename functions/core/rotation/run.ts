import type { ConnectionState } from '../../../client/contract.ts';
import {
  type Connection,
  type ConnectionChanges,
  LEASE_MARGIN_MS,
  leaseEndsAtMs,
} from '../connection/connection.ts';
import { STATE_RULES } from '../connection/connection-states.ts';
import { type DueSchedule, planNextDue, scheduleFor } from '../connection/due.ts';
import type { Deadline } from '../deadline.ts';
import { defined } from '../defined.ts';
import type { AccessTokenStore } from '../ports/access-tokens.ts';
import type { ConnectionStore, ConnectionUpdate, SubjectIndex, WriteResult } from '../ports/connections.ts';
import type { EventPublisher, Telemetry } from '../ports/events.ts';
import type { ClientSecretSource, Ims } from '../ports/ims.ts';
import type { Clock, Random } from '../ports/platform.ts';
import type { BreakerStore } from '../ports/rotation.ts';
import type { Parking, RotationSchedules } from '../ports/scheduling.ts';
import type { TokenOpener, TokenSealer } from '../ports/sealing.ts';
import type { RotateOutcome, RotateRequest } from './rotate-request.ts';
import type { RevocationScope } from './successor.ts';
import { LEASE_MS } from './time-budget.ts';

/** One run of `rotate`: its request, the time it has, and the id under which it leases and commits. */
export interface Run {
  readonly deps: RotationDeps;
  readonly request: RotateRequest;
  readonly deadline: Deadline;
  readonly runId: string;
}

/** Everything that `rotate` touches. */
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

/**
 * How a step ended, and the connection as this run last stored or read it. Absent: the run knows nothing of it any
 * more.
 */
export interface StepResult {
  readonly outcome: RotateOutcome;
  readonly connection?: Connection;
}

/** The early exit of every step before the post: the run ends with this result. */
export interface Stopped {
  readonly kind: 'stopped';
  readonly result: StepResult;
}

export function stopped(outcome: RotateOutcome, connection?: Connection): Stopped {
  return { kind: 'stopped', result: { outcome, ...defined({ connection }) } };
}

const ROTATABLE = (Object.keys(STATE_RULES) as ConnectionState[]).filter(
  (state) => STATE_RULES[state].mayRotate,
);

interface ClaimOptions {
  /** Absent: every state in which a connection may rotate. */
  readonly states?: readonly ConnectionState[];
  /** Stored by the same write. */
  readonly changes?: ConnectionChanges;
}

/**
 * The write-ahead intent to post: only the run that holds the lease may post this refresh token. The due time moves to
 * the lease's end, so that the reconciler notices a holder that died. Releasing the lease restores the due time.
 */
export async function claimLease(
  run: Run,
  connection: Connection,
  { states = ROTATABLE, changes = {} }: ClaimOptions = {},
): Promise<boolean> {
  const nowMs = run.deps.clock.nowMs();
  const lease = { runId: run.runId, untilMs: nowMs + LEASE_MS };
  const leaseEndMs = leaseEndsAtMs({ lease });
  const claimed = await run.deps.connections.claim({
    expected: connection,
    lease,
    states,
    nowMs,
    leaseMarginMs: LEASE_MARGIN_MS,
    changes: { ...changes, dueAtMs: Math.min(connection.dueAtMs ?? leaseEndMs, leaseEndMs) },
  });
  return claimed === 'claimed';
}

/** The connection after a write; after a conflict, as it was before. */
export interface Written {
  readonly kind: WriteResult;
  readonly connection: Connection;
}

type Conditions = Omit<ConnectionUpdate, 'expected' | 'changes'>;
type ScheduleDeps = Pick<RotationDeps, 'schedules' | 'telemetry'>;
type WriteDeps = ScheduleDeps & {
  readonly connections: Pick<ConnectionStore, 'update'>;
  readonly clock: Clock;
};

/**
 * Stores changes together with the due time they lead to, then creates the schedule of that due time. The condition is
 * generation and version, and whatever `only` adds.
 */
export async function updateWithSchedule(
  deps: WriteDeps,
  connection: Connection,
  changes: ConnectionChanges,
  only: Conditions = {},
): Promise<Written> {
  const plan = planNextDue(connection, changes, deps.clock.nowMs());
  const kind = await deps.connections.update({ expected: connection, changes: plan.changes, ...only });
  if (kind === 'conflict') return { kind, connection };
  await createDueSchedule(deps, plan.newSchedule);
  return { kind, connection: plan.after };
}

/**
 * Releases this run's lease and stores what came of it. A conflict: the lease ran out and another run took it, or the
 * version moved.
 */
export function releaseLease(
  { deps, runId }: Run,
  connection: Connection,
  changes: ConnectionChanges,
  only: Pick<ConnectionUpdate, 'onlyIfRevocationsAre'> = {},
): Promise<Written> {
  return updateWithSchedule(
    deps,
    connection,
    { ...changes, lease: null },
    { onlyIfLeasedBy: runId, ...only },
  );
}

/**
 * A write without the lease: only while the lease, the next attempt and the pending revocations are as they were read.
 * Otherwise the planned due time would hide the end of a later lease, a later revocation, or the back-off after a
 * refusal whose lease is released again.
 */
export function updateAsRead(
  deps: WriteDeps,
  connection: Connection,
  changes: ConnectionChanges,
  only: Pick<ConnectionUpdate, 'onlyIfOutboxIs'> = {},
): Promise<Written> {
  const onlyIfLeasedBy = connection.lease?.runId ?? null;
  const onlyIfRevocationsAre = connection.revocations.length;
  const onlyIfNextAttemptIs = connection.nextAttemptAtMs ?? null;
  const asRead = { onlyIfLeasedBy, onlyIfRevocationsAre, onlyIfNextAttemptIs };
  return updateWithSchedule(deps, connection, changes, { ...only, ...asRead });
}

/** Creates the schedule of a due time that was stored by a write whose reply was lost. */
export async function createStoredSchedule({ deps }: Run, connection: Connection): Promise<void> {
  const { schedule } = connection;
  await createDueSchedule(deps, schedule && scheduleFor(connection, schedule, deps.clock.nowMs()));
}

/**
 * Creates the schedule of a due time that is already stored. A failure is not the caller's: the reconciler finds due
 * times whose schedule never fired.
 */
export async function createDueSchedule(
  deps: ScheduleDeps,
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

/** Text of 128 random bits. */
export function randomId(deps: Pick<RotationDeps, 'random'>): string {
  return Buffer.from(deps.random.bytes(16)).toString('base64url');
}

/** A number in [0, 1). */
export function randomShare(deps: Pick<RotationDeps, 'random'>): number {
  return Buffer.from(deps.random.bytes(4)).readUInt32BE(0) / 2 ** 32;
}
