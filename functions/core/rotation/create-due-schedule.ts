import type { DueSchedule } from '../connection/next-due.ts';
import type { Telemetry } from '../ports/events.ts';
import type { RotationSchedules } from '../ports/schedules.ts';

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
