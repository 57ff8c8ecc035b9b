import type { Alarm, Connection } from './connection.ts';
import type { ConnectionChanges } from './connection-changes.ts';
import { withChanges } from './connection-changes.ts';
import { DAY_MS, MINUTE_MS, SECOND_MS } from './durations.ts';
import { alarmName } from './schedule-names.ts';
import { LONGEST_WAIT_MS } from './verdict.ts';
import { nextWakeAtMs } from './wake.ts';

/** A wake this far ahead may ring a little late, so that a fleet spreads. */
const RELAXED_AFTER_MS = DAY_MS;
const RELAXED_WINDOW_MINUTES = 15;
/** A schedule is set at least this far ahead: one that has just rung may still exist under its own minute's name. */
const SOONEST_MS = MINUTE_MS;
/** An alarm this close has rung or is ringing: clocks differ. */
const RINGING_MS = 5 * SECOND_MS;

/** Changes that include the wake they lead to, and the alarm that has to be armed once they are stored. */
export interface WakePlan {
  readonly changes: ConnectionChanges;
  readonly after: Connection;
  readonly arm?: WakeAlarm;
}

export interface WakeAlarm extends Alarm {
  readonly connectionId: string;
  readonly flexibleWindowMinutes: number;
}

/**
 * Adds `wakeAtMs` and `alarm` to changes. An alarm that rings before the wake is kept as it is: it will find nothing due
 * and arm the next, so an on-demand refresh does not touch Scheduler.
 */
export function planWake(before: Connection, unbounded: ConnectionChanges, nowMs: number): WakePlan {
  const changes = withBoundedMoments(before, unbounded, nowMs);
  const after = withChanges(before, changes);
  const wakeAtMs = nextWakeAtMs(after, nowMs);
  if (wakeAtMs === undefined) {
    const asleep = { wakeAtMs: null, alarm: null };
    return { changes: { ...changes, ...asleep }, after: withChanges(after, asleep) };
  }
  const atMs = Math.max(wakeAtMs, nowMs + SOONEST_MS);
  if (after.alarm && after.alarm.atMs > nowMs + RINGING_MS && after.alarm.atMs <= atMs) {
    return { changes: { ...changes, wakeAtMs }, after: { ...after, wakeAtMs } };
  }
  const alarm: Alarm = { name: alarmName(after.connectionId, after.generation, after.version, atMs), atMs };
  return {
    changes: { ...changes, wakeAtMs, alarm },
    after: { ...after, wakeAtMs, alarm },
    arm: alarmFor(after, alarm, nowMs),
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

/** The alarm of a wake that is stored but may not be armed. */
export function alarmFor(connection: Connection, alarm: Alarm, nowMs: number): WakeAlarm {
  const relaxed = alarm.atMs - nowMs > RELAXED_AFTER_MS;
  return {
    ...alarm,
    connectionId: connection.connectionId,
    flexibleWindowMinutes: relaxed ? RELAXED_WINDOW_MINUTES : 0,
  };
}
