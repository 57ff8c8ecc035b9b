import type { Alarm, Connection } from '../../domain/connection.ts';
import { HOUR_MS, MINUTE_MS } from '../../domain/durations.ts';
import { PlatformFault } from '../../domain/platform-fault.ts';
import { alarmName } from '../../domain/schedule-names.ts';
import type { AlarmClock, AlarmGroup } from '../../ports/alarm-clock.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ConnectionStore } from '../../ports/connection-store.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { OverdueWake } from '../../ports/wake-index.ts';

/** A wake counts as missed when it is this long past: alarms may ring late and retry. */
export const OVERDUE_AFTER_MS = 30 * MINUTE_MS;

/** New alarms are spread over the time to the next run. */
export const SPREAD_MS = HOUR_MS;

export interface RearmDeps {
  readonly connections: ConnectionStore;
  readonly alarms: AlarmClock;
  readonly alarmGroup: AlarmGroup;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/**
 * Gives a missed wake a new alarm; answers whether it has one now. One connection that cannot be read or written must not
 * cost the others their alarms; the next run finds it again. Throws `ACCESS_DENIED` only.
 */
export async function rearm(deps: RearmDeps, wake: OverdueWake, atMs: number): Promise<boolean> {
  try {
    return await rearmOne(deps, wake, atMs);
  } catch (fault) {
    if (!(fault instanceof PlatformFault) || fault.code === 'ACCESS_DENIED') throw fault;
    const { connectionId } = wake;
    deps.telemetry.error('An overdue wake could not get a new alarm.', fault, { connectionId });
    deps.telemetry.measure('AlarmNotArmed', 1, 'Count');
    return false;
  }
}

async function rearmOne(deps: RearmDeps, wake: OverdueWake, atMs: number): Promise<boolean> {
  const { connectionId } = wake;
  const connection = await deps.connections.read(connectionId);
  if (!connection || !isMissed(connection, deps.clock.nowMs())) return false;
  const { generation, version } = connection;
  const alarm: Alarm = { name: alarmName(connectionId, generation, version, atMs), atMs };
  if ((await deps.connections.amend({ token: connection, changes: { alarm } })) === 'lost') return false;
  await arm(deps, connectionId, alarm);
  return true;
}

async function arm(deps: RearmDeps, connectionId: string, alarm: Alarm): Promise<void> {
  const armed = { ...alarm, connectionId, flexibleWindowMinutes: 0 };
  try {
    await deps.alarms.arm(armed);
  } catch (fault) {
    if (!(fault instanceof PlatformFault) || fault.code !== 'SCHEDULE_GROUP_GONE') throw fault;
    deps.telemetry.error('The schedule group is gone, and every alarm with it; it is made anew.', fault);
    deps.telemetry.measure('ScheduleGroupRestored', 1, 'Count');
    await deps.alarmGroup.restore();
    await deps.alarms.arm(armed);
  }
}

/** The index lags: the connection itself decides. One whose new alarm is still to ring was found by an earlier run. */
function isMissed({ wakeAtMs, alarm }: Connection, nowMs: number): boolean {
  const missedBeforeMs = nowMs - OVERDUE_AFTER_MS;
  if (wakeAtMs === undefined || wakeAtMs > missedBeforeMs) return false;
  const ringsAtMs = alarm?.atMs ?? 0;
  return ringsAtMs <= missedBeforeMs || ringsAtMs > nowMs + SPREAD_MS;
}
