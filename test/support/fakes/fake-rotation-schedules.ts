import { PlatformError } from '../../../functions/core/platform-error.ts';
import type {
  NewSchedule,
  RotationSchedules,
  ScheduleGroup,
} from '../../../functions/core/ports/schedules.ts';

export interface FakeRotationSchedules extends RotationSchedules {
  readonly group: ScheduleGroup;
  /** Created and not rung, earliest first. */
  pending(): readonly NewSchedule[];
  /** Fires: takes out and returns what is due, earliest first. */
  ring(nowMs: number): readonly NewSchedule[];
  /** A schedule lost by the scheduler: the reconciler's reason to be. */
  lose(name: string): void;
  /** Somebody deletes the group and every schedule in it. */
  loseGroup(): void;
  /** Every call of `create`, also those whose name was there already. */
  readonly calls: readonly NewSchedule[];
}

export function createFakeRotationSchedules(): FakeRotationSchedules {
  const schedules = new Map<string, NewSchedule>();
  const calls: NewSchedule[] = [];
  let hasGroup = true;
  const pending = () => [...schedules.values()].sort((one, other) => one.atMs - other.atMs);
  return {
    calls,
    pending,
    async create(schedule) {
      await Promise.resolve();
      calls.push(schedule);
      if (!hasGroup) throw new PlatformError('SCHEDULE_GROUP_GONE', 'The schedule group is gone.');
      if (!schedules.has(schedule.name)) schedules.set(schedule.name, schedule);
    },
    ring(nowMs) {
      const due = pending().filter((schedule) => schedule.atMs <= nowMs);
      for (const { name } of due) schedules.delete(name);
      return due;
    },
    lose(name) {
      schedules.delete(name);
    },
    loseGroup() {
      schedules.clear();
      hasGroup = false;
    },
    group: {
      async restore() {
        await Promise.resolve();
        hasGroup = true;
      },
    },
  };
}
