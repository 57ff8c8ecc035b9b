import type { Clock } from '../../core/ports/platform.ts';
import type { RotationSchedules } from '../../core/ports/schedules.ts';
import { createRotateSchedules, type RotateSchedulesDependencies } from './rotate-schedules.ts';

export interface RotationSchedulesDependencies extends RotateSchedulesDependencies {
  readonly clock: Pick<Clock, 'nowMs'>;
}

/** AWS does not say what becomes of an `at(…)` in the past, and fires within a minute of the time: so none is nearer. */
const MINUTE_MS = 60_000;
const NEAREST_MS = MINUTE_MS;
const MAX_WINDOW_MINUTES = 1_440;
/** An invocation that fails is repeated for up to six hours; after that the reconciler finds the missed due time. */
const RETRY = { attempts: 30, ageSeconds: 6 * 3_600 };

/** One-time schedules that delete themselves once they have rung. */
export function createRotationSchedules(deps: RotationSchedulesDependencies): RotationSchedules {
  const schedules = createRotateSchedules(deps);
  return {
    async create({ connectionId, name, atMs, flexibleWindowMinutes }) {
      const dueAtMs = Math.max(atMs, deps.clock.nowMs() + NEAREST_MS);
      await schedules.create({
        name,
        ScheduleExpression: `at(${utcMinute(dueAtMs)})`,
        ActionAfterCompletion: 'DELETE',
        FlexibleTimeWindow: flexibleWindow(flexibleWindowMinutes),
        input: JSON.stringify({ connectionId }),
        retry: RETRY,
      });
    },
  };
}

/**
 * `yyyy-MM-ddTHH:mm:ss`, rounded up to the minute so that it never fires early: Scheduler's precision is a minute, and AWS
 * does not say whether seconds are heeded. A schedule that fires before its due time finds nothing to do, and is gone.
 */
const utcMinute = (atMs: number): string =>
  new Date(Math.ceil(atMs / MINUTE_MS) * MINUTE_MS).toISOString().slice(0, 19);

function flexibleWindow(minutes: number) {
  const whole = Math.min(Math.floor(minutes), MAX_WINDOW_MINUTES);
  return whole < 1
    ? ({ Mode: 'OFF' } as const)
    : ({ Mode: 'FLEXIBLE', MaximumWindowInMinutes: whole } as const);
}
