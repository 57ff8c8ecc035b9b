import { PlatformFault } from '../../../functions/core/domain/platform-fault.ts';
import type { AlarmClock, AlarmGroup, ArmedAlarm } from '../../../functions/core/ports/alarm-clock.ts';

export interface FakeAlarmClock extends AlarmClock {
  readonly group: AlarmGroup;
  /** Armed and not rung, earliest first. */
  pending(): readonly ArmedAlarm[];
  /** Rings: takes out and returns what is due, earliest first. */
  ring(nowMs: number): readonly ArmedAlarm[];
  /** A schedule lost by the scheduler: the guard's reason to be. */
  lose(name: string): void;
  /** Somebody deletes the group and every schedule in it. */
  loseGroup(): void;
  /** Every call of `arm`, also those whose name was there already. */
  readonly calls: readonly ArmedAlarm[];
}

export function createFakeAlarmClock(): FakeAlarmClock {
  const schedules = new Map<string, ArmedAlarm>();
  const calls: ArmedAlarm[] = [];
  let hasGroup = true;
  const pending = () => [...schedules.values()].sort((one, other) => one.atMs - other.atMs);
  return {
    calls,
    pending,
    async arm(alarm) {
      await Promise.resolve();
      calls.push(alarm);
      if (!hasGroup) throw new PlatformFault('SCHEDULE_GROUP_GONE', 'The schedule group is gone.');
      if (!schedules.has(alarm.name)) schedules.set(alarm.name, alarm);
    },
    ring(nowMs) {
      const due = pending().filter((alarm) => alarm.atMs <= nowMs);
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
