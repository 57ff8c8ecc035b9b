import { type Connection, type Schedule, withChanges } from '../connection/connection.ts';
import { nextDueAtMs, scheduleName } from '../connection/due.ts';
import { PlatformError } from '../platform-error.ts';
import type { ConnectionStore, ConnectionUpdate, OverdueConnection } from '../ports/connections.ts';
import type { Telemetry } from '../ports/events.ts';
import type { Clock } from '../ports/platform.ts';
import type { RotationSchedules, ScheduleGroup } from '../ports/scheduling.ts';
import { repairsOf } from '../rotation/repair-moments.ts';
import { HOUR_MS, MINUTE_MS } from '../time-units.ts';

/** A due time counts as missed when it is this long past: schedules may fire late and retry. */
export const OVERDUE_AFTER_MS = 30 * MINUTE_MS;

/** New schedules are spread over the time to the next run. */
export const SPREAD_MS = HOUR_MS;

export interface RescheduleDeps {
  readonly connections: ConnectionStore;
  readonly schedules: RotationSchedules;
  readonly scheduleGroup: ScheduleGroup;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/**
 * Gives a missed due time a new schedule, and returns whether it has one now. One connection that cannot be read or
 * written must not cost the others their schedules; the next run finds it again. Throws `ACCESS_DENIED` only.
 */
export function reschedule(deps: RescheduleDeps, due: OverdueConnection, atMs: number): Promise<boolean> {
  return unlessUnreachable(deps, due, () => rescheduleOne(deps, due, atMs));
}

/** Moves a due time to where its connection leads, and creates the schedule. Returns whether that was needed. */
export function repairDue(deps: RescheduleDeps, due: OverdueConnection, atMs: number): Promise<boolean> {
  return unlessUnreachable(deps, due, () => repairOne(deps, due, atMs));
}

async function unlessUnreachable(
  deps: RescheduleDeps,
  due: OverdueConnection,
  act: () => Promise<boolean>,
): Promise<boolean> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof PlatformError) || error.code === 'ACCESS_DENIED') throw error;
    const { connectionId } = due;
    deps.telemetry.error('A due time could not get a new schedule.', error, { connectionId });
    deps.telemetry.measure('ScheduleNotCreated', 1, 'Count');
    return false;
  }
}

async function rescheduleOne(deps: RescheduleDeps, due: OverdueConnection, atMs: number): Promise<boolean> {
  const { connectionId } = due;
  const connection = await deps.connections.read(connectionId);
  if (!connection || !isMissed(connection, deps.clock.nowMs())) return false;
  const { generation, version } = connection;
  const schedule: Schedule = { name: scheduleName(connectionId, generation, version, atMs), atMs };
  return storeAndSchedule(deps, { expected: connection, changes: { schedule } }, schedule);
}

async function repairOne(deps: RescheduleDeps, due: OverdueConnection, slotMs: number): Promise<boolean> {
  const { connectionId } = due;
  const connection = await deps.connections.read(connectionId);
  if (!connection) return false;
  const nowMs = Math.round(deps.clock.nowMs() - (deps.connections.clockSkewMs() ?? 0));
  const repairs = repairsOf(connection, nowMs) ?? {};
  const dueAtMs = nextDueAtMs(withChanges(connection, repairs), nowMs);
  if (dueAtMs === undefined || !isAfter(connection.dueAtMs, dueAtMs)) return false;
  const { generation, version, lease, revocations } = connection;
  const atMs = Math.max(dueAtMs, slotMs);
  const schedule: Schedule = { name: scheduleName(connectionId, generation, version, atMs), atMs };
  deps.telemetry.error('A due time is later than its connection allows. It is repaired.', undefined, {
    connectionId,
    attributes: Object.keys(repairs),
  });
  const asRead = {
    onlyIfLeasedBy: lease?.runId ?? null,
    onlyIfRevocationsAre: revocations.length,
  };
  const changes = { ...repairs, dueAtMs, schedule };
  return storeAndSchedule(deps, { expected: connection, changes, ...asRead }, schedule);
}

function isAfter(dueAtMs: number | undefined, rightMs: number): boolean {
  return dueAtMs === undefined || dueAtMs > rightMs + MINUTE_MS;
}

async function storeAndSchedule(
  deps: RescheduleDeps,
  update: ConnectionUpdate,
  schedule: Schedule,
): Promise<boolean> {
  const { connectionId } = update.expected;
  if ((await deps.connections.update(update)) === 'conflict') return false;
  await createSchedule(deps, connectionId, schedule);
  return true;
}

async function createSchedule(deps: RescheduleDeps, connectionId: string, schedule: Schedule): Promise<void> {
  const created = { ...schedule, connectionId, flexibleWindowMinutes: 0 };
  try {
    await deps.schedules.create(created);
  } catch (error) {
    if (!(error instanceof PlatformError) || error.code !== 'SCHEDULE_GROUP_GONE') throw error;
    deps.telemetry.error('The schedule group is gone, and every schedule with it. It is recreated.', error);
    deps.telemetry.measure('ScheduleGroupRestored', 1, 'Count');
    await deps.scheduleGroup.restore();
    await deps.schedules.create(created);
  }
}

/**
 * The index lags: the connection itself decides. One whose new schedule is still to fire was found by an earlier run.
 */
function isMissed({ dueAtMs, schedule }: Connection, nowMs: number): boolean {
  const missedBeforeMs = nowMs - OVERDUE_AFTER_MS;
  if (dueAtMs === undefined || dueAtMs > missedBeforeMs) return false;
  const firesAtMs = schedule?.atMs ?? 0;
  return firesAtMs <= missedBeforeMs || firesAtMs > nowMs + SPREAD_MS;
}
