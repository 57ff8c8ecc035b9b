import type { Breakers } from '../../domain/breakers.ts';
import type { Alarm, Connection } from '../../domain/connection.ts';
import { HOUR_MS, MINUTE_MS } from '../../domain/durations.ts';
import { PlatformFault } from '../../domain/platform-fault.ts';
import { alarmName } from '../../domain/schedule-names.ts';
import type { AlarmClock } from '../../ports/alarm-clock.ts';
import type { BreakerStore } from '../../ports/breaker-store.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ConnectionStore } from '../../ports/connection-store.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { OverdueWake, WakeIndex } from '../../ports/wake-index.ts';
import { armWake } from '../arm-wake.ts';
import type { Deadline } from '../deadline.ts';
import { readBreakers } from '../rotation/record-attempt.ts';
import { collectOverdue } from './collect-overdue.ts';

/** A wake counts as missed when it is this long past: alarms may ring late and retry. */
const OVERDUE_AFTER_MS = 30 * MINUTE_MS;
/** New alarms are spread over the time to the next run. */
const SPREAD_MINUTES = 60;
const AT_ONCE = 8;
/** What one more batch needs. */
const BATCH_MS = 10_000;

export interface GuardDeps {
  readonly wakes: WakeIndex;
  readonly connections: ConnectionStore;
  readonly breakers: BreakerStore;
  readonly alarms: AlarmClock;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly settings: { readonly maxAlarmsPerMinute: number };
}

export interface GuardReport {
  readonly overdue: number;
  readonly rearmed: number;
}

export type Guard = (deadline: Deadline) => Promise<GuardReport>;

/**
 * Finds wakes whose alarm never came and gives them a new one: earliest lapse first, spread over the coming hour, at most
 * so many a minute. What does not fit stays overdue and is found by the next run.
 */
export function createGuard(deps: GuardDeps): Guard {
  return async (deadline) => {
    const startedAtMs = deps.clock.nowMs();
    const capacity = deps.settings.maxAlarmsPerMinute * SPREAD_MINUTES;
    const overdue = await collectOverdue(deps.wakes, startedAtMs - OVERDUE_AFTER_MS, capacity);
    let rearmed = 0;
    for (let first = 0; first < overdue.length; first += AT_ONCE) {
      if (deadline.remainingMs() < BATCH_MS) break;
      const batch = overdue.slice(first, first + AT_ONCE);
      const results = await Promise.all(
        batch.map((wake, at) => rearm(deps, wake, slotOf(first + at, overdue.length, startedAtMs))),
      );
      rearmed += results.filter(Boolean).length;
    }
    report(deps, overdue, rearmed, await readBreakers(deps));
    return { overdue: overdue.length, rearmed };
  };
}

/** `collectOverdue` never returns more than the hour holds, so no minute gets more than its cap. */
function slotOf(position: number, count: number, startedAtMs: number): number {
  const perMinute = Math.ceil(count / SPREAD_MINUTES);
  return startedAtMs + MINUTE_MS * (1 + Math.floor(position / perMinute));
}

/** One connection that cannot be read or written must not cost the others their alarms; the next run finds it again. */
async function rearm(deps: GuardDeps, wake: OverdueWake, atMs: number): Promise<boolean> {
  try {
    return await rearmOne(deps, wake, atMs);
  } catch (fault) {
    if (!(fault instanceof PlatformFault) || fault.code === 'ACCESS_DENIED') throw fault;
    const { connectionId } = wake;
    deps.telemetry.error('An overdue wake could not get a new alarm.', fault, { connectionId });
    return false;
  }
}

async function rearmOne(deps: GuardDeps, wake: OverdueWake, atMs: number): Promise<boolean> {
  const { connectionId } = wake;
  const connection = await deps.connections.read(connectionId);
  if (!connection || !isOverdue(connection, deps.clock.nowMs())) return false;
  const { generation, version } = connection;
  const alarm: Alarm = { name: alarmName(connectionId, generation, version, atMs), atMs };
  if ((await deps.connections.amend({ token: connection, changes: { alarm } })) === 'lost') return false;
  await armWake(deps, { ...alarm, connectionId, flexibleWindowMinutes: 0 });
  return true;
}

/** The index lags: the connection itself decides. */
function isOverdue(connection: Connection, nowMs: number): boolean {
  return connection.wakeAtMs !== undefined && connection.wakeAtMs <= nowMs - OVERDUE_AFTER_MS;
}

function report(deps: GuardDeps, overdue: readonly OverdueWake[], rearmed: number, breakers: Breakers): void {
  const { telemetry } = deps;
  telemetry.measure('GuardHeartbeat', 1, 'Count');
  telemetry.measure('OverdueWakes', overdue.length, 'Count');
  telemetry.measure('RearmedWakes', rearmed, 'Count');
  for (const breaker of ['client', 'weather'] as const) {
    telemetry.measure('BreakerOpen', breakers[breaker] ? 1 : 0, 'Count', { breaker });
  }
  const [first] = overdue;
  if (first?.refreshExpiresAtMs !== undefined) {
    const hours = (first.refreshExpiresAtMs - deps.clock.nowMs()) / HOUR_MS;
    telemetry.measure('HoursOfSafetyLeft', hours, 'None');
  }
  if (overdue.length > 0) {
    telemetry.warn('Wakes were overdue and got new alarms.', { overdue: overdue.length, rearmed });
  }
}
