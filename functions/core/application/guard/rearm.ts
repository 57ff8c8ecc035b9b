import type { Alarm, Connection } from '../../domain/connection.ts';
import { withChanges } from '../../domain/connection-changes.ts';
import { HOUR_MS, MINUTE_MS } from '../../domain/durations.ts';
import { PlatformFault } from '../../domain/platform-fault.ts';
import { alarmName } from '../../domain/schedule-names.ts';
import { nextWakeAtMs } from '../../domain/wake.ts';
import type { AlarmClock, AlarmGroup } from '../../ports/alarm-clock.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Amendment, ConnectionStore } from '../../ports/connection-store.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { OverdueWake } from '../../ports/wake-index.ts';
import { repairsOf } from '../rotation/repair-moments.ts';

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
export function rearm(deps: RearmDeps, wake: OverdueWake, atMs: number): Promise<boolean> {
  return unlessUnreachable(deps, wake, () => rearmOne(deps, wake, atMs));
}

/** Gives a wake that lies where nothing of its connection leads to its right place, and an alarm; answers whether it had to. */
export function repairWake(deps: RearmDeps, wake: OverdueWake, atMs: number): Promise<boolean> {
  return unlessUnreachable(deps, wake, () => repairOne(deps, wake, atMs));
}

async function unlessUnreachable(
  deps: RearmDeps,
  wake: OverdueWake,
  settle: () => Promise<boolean>,
): Promise<boolean> {
  try {
    return await settle();
  } catch (fault) {
    if (!(fault instanceof PlatformFault) || fault.code === 'ACCESS_DENIED') throw fault;
    const { connectionId } = wake;
    deps.telemetry.error('A wake could not get a new alarm.', fault, { connectionId });
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
  return storeAndArm(deps, { token: connection, changes: { alarm } }, alarm);
}

async function repairOne(deps: RearmDeps, wake: OverdueWake, slotMs: number): Promise<boolean> {
  const { connectionId } = wake;
  const connection = await deps.connections.read(connectionId);
  if (!connection) return false;
  const nowMs = Math.round(deps.clock.nowMs() - (deps.connections.clockSkewMs() ?? 0));
  const repairs = repairsOf(connection, nowMs) ?? {};
  const wakeAtMs = nextWakeAtMs(withChanges(connection, repairs), nowMs);
  if (wakeAtMs === undefined || !isAfter(connection.wakeAtMs, wakeAtMs)) return false;
  const { generation, version, lease, revocations } = connection;
  const atMs = Math.max(wakeAtMs, slotMs);
  const alarm: Alarm = { name: alarmName(connectionId, generation, version, atMs), atMs };
  deps.telemetry.error('A wake lies where nothing of its connection leads; it is repaired.', undefined, {
    connectionId,
    attributes: Object.keys(repairs),
  });
  const asRead = {
    onlyIfLeasedBy: lease?.attemptId ?? null,
    onlyIfRevocationsAre: revocations.length,
  };
  const changes = { ...repairs, wakeAtMs, alarm };
  return storeAndArm(deps, { token: connection, changes, ...asRead }, alarm);
}

function isAfter(wakeAtMs: number | undefined, rightMs: number): boolean {
  return wakeAtMs === undefined || wakeAtMs > rightMs + MINUTE_MS;
}

async function storeAndArm(deps: RearmDeps, amendment: Amendment, alarm: Alarm): Promise<boolean> {
  const { connectionId } = amendment.token;
  if ((await deps.connections.amend(amendment)) === 'lost') return false;
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
