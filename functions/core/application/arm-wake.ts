import type { WakeAlarm } from '../domain/wake-plan.ts';
import type { AlarmClock } from '../ports/alarm-clock.ts';
import type { Telemetry } from '../ports/telemetry.ts';

/**
 * Creates the schedule of a wake that is already stored. Failing is not an error of the caller: the guard finds wakes
 * whose alarm never came.
 */
export async function armWake(
  deps: { readonly alarms: AlarmClock; readonly telemetry: Telemetry },
  alarm: WakeAlarm | undefined,
): Promise<void> {
  if (alarm === undefined) return;
  try {
    await deps.alarms.arm(alarm);
  } catch (fault) {
    deps.telemetry.error('An alarm could not be armed; the guard will find the wake.', fault, {
      connectionId: alarm.connectionId,
    });
    deps.telemetry.measure('AlarmNotArmed', 1, 'Count');
  }
}
