import { DAY_MS, MINUTE_MS, SECOND_MS } from '../durations.ts';
import { LONGEST_WAIT_MS } from '../rotation/decisions.ts';
import { scheduleName } from '../rotation/schedule-names.ts';
import type { Connection, Schedule } from './connection.ts';
import { type ConnectionChanges, withChanges } from './connection-changes.ts';
import { nextDueAtMs } from './due.ts';

/** A due time this far ahead may ring a little late, so that a fleet spreads. */
const RELAXED_AFTER_MS = DAY_MS;
const RELAXED_WINDOW_MINUTES = 15;
/** A schedule is set at least this far ahead: one that has just fired may still exist under its own minute's name. */
const SOONEST_MS = MINUTE_MS;
/** A schedule this close has fired or is firing: clocks differ. */
const FIRING_MS = 5 * SECOND_MS;

/** Changes that include the due time they lead to, and the schedule that has to be created once they are stored. */
export interface NextDuePlan {
  readonly changes: ConnectionChanges;
  readonly after: Connection;
  readonly newSchedule?: DueSchedule;
}

export interface DueSchedule extends Schedule {
  readonly connectionId: string;
  readonly flexibleWindowMinutes: number;
}

/**
 * Adds `dueAtMs` and `schedule` to changes. A schedule that fires before the due time is kept as it is: it will find nothing due
 * and create the next schedule, so an on-demand refresh does not touch Scheduler.
 */
export function planNextDue(before: Connection, unbounded: ConnectionChanges, nowMs: number): NextDuePlan {
  const changes = withBoundedMoments(before, unbounded, nowMs);
  const after = withChanges(before, changes);
  const dueAtMs = nextDueAtMs(after, nowMs);
  if (dueAtMs === undefined) {
    const asleep = { dueAtMs: null, schedule: null };
    return { changes: { ...changes, ...asleep }, after: withChanges(after, asleep) };
  }
  const atMs = Math.max(dueAtMs, nowMs + SOONEST_MS);
  if (after.schedule && after.schedule.atMs > nowMs + FIRING_MS && after.schedule.atMs <= atMs) {
    return { changes: { ...changes, dueAtMs }, after: { ...after, dueAtMs } };
  }
  const schedule: Schedule = {
    name: scheduleName(after.connectionId, after.generation, after.version, atMs),
    atMs,
  };
  return {
    changes: { ...changes, dueAtMs, schedule },
    after: { ...after, dueAtMs, schedule },
    newSchedule: scheduleFor(after, schedule, nowMs),
  };
}

/** Where a connection's next moments were derived from something else, such as a breaker, its own bounds still hold. */
function withBoundedMoments(
  before: Connection,
  changes: ConnectionChanges,
  nowMs: number,
): ConnectionChanges {
  const latestMs = nowMs + LONGEST_WAIT_MS;
  const { nextAttemptAtMs, rotateAtMs, refreshExpiresAtMs } = changes;
  const isNewLife = refreshExpiresAtMs !== undefined;
  return {
    ...changes,
    ...(nextAttemptAtMs && { nextAttemptAtMs: Math.min(nextAttemptAtMs, latestMs) }),
    ...(rotateAtMs &&
      !isNewLife && { rotateAtMs: Math.min(rotateAtMs, Math.max(before.rotateAtMs ?? 0, latestMs)) }),
  };
}

/** The schedule of a due time that is stored but may not be created. */
export function scheduleFor(connection: Connection, schedule: Schedule, nowMs: number): DueSchedule {
  const relaxed = schedule.atMs - nowMs > RELAXED_AFTER_MS;
  return {
    ...schedule,
    connectionId: connection.connectionId,
    flexibleWindowMinutes: relaxed ? RELAXED_WINDOW_MINUTES : 0,
  };
}
