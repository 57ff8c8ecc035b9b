import { parkingName } from '../../../functions/core/connection/due.ts';
import { PlatformError } from '../../../functions/core/platform-error.ts';
import type {
  NewSchedule,
  Parking,
  RotationSchedules,
  ScheduleGroup,
} from '../../../functions/core/ports/scheduling.ts';
import type { ParkedSuccessor } from '../../../functions/core/rotation/parked-successor.ts';
import type { Keeping } from './fake-connection-store.ts';

export interface FakeRotationSchedules extends RotationSchedules {
  readonly group: ScheduleGroup;
  /** Created and not fired yet, earliest first. */
  pending(): readonly NewSchedule[];
  has(name: string): boolean;
  /** Fires: takes out and returns what is due, earliest first. */
  fireDue(nowMs: number): readonly NewSchedule[];
  /** Takes one out without firing it, as a scheduler that loses it. Returns whether it was there. */
  lose(name: string): boolean;
  /** The group is deleted with every schedule in it. */
  loseGroup(): void;
  /** Every call of `create`, also those whose name was there already. Empty where rows are kept in place. */
  readonly calls: readonly NewSchedule[];
}

export function createFakeRotationSchedules(
  { inPlace }: Keeping = { inPlace: false },
): FakeRotationSchedules {
  const schedules = new Map<string, NewSchedule>();
  const calls: NewSchedule[] = [];
  let hasGroup = true;
  const pending = () => [...schedules.values()].sort((one, other) => one.atMs - other.atMs);
  return {
    calls,
    pending,
    has: (name) => schedules.has(name),
    async create(schedule) {
      if (!inPlace) {
        await Promise.resolve();
        calls.push(schedule);
      }
      if (!hasGroup) throw new PlatformError('SCHEDULE_GROUP_GONE', 'The schedule group is gone.');
      if (!schedules.has(schedule.name)) schedules.set(schedule.name, schedule);
    },
    fireDue(nowMs) {
      const due = pending().filter((schedule) => schedule.atMs <= nowMs);
      for (const { name } of due) schedules.delete(name);
      return due;
    },
    lose: (name) => schedules.delete(name),
    loseGroup() {
      schedules.clear();
      hasGroup = false;
    },
    group: {
      async restore() {
        if (!inPlace) await Promise.resolve();
        hasGroup = true;
      },
    },
  };
}

export interface FakeParking extends Parking {
  /** What is parked now. Each fires every minute until it is removed or has expired. */
  parked(): readonly ParkedSuccessor[];
  readonly places: ReadonlyMap<string, ParkedSuccessor>;
}

export function createFakeParking({ inPlace }: Keeping = { inPlace: false }): FakeParking {
  const places = new Map<string, ParkedSuccessor>();
  const copy: <Value>(value: Value) => Value = inPlace ? (value) => value : structuredClone;
  return {
    places,
    parked: () => copy([...places.values()]),
    async park(successor) {
      if (!inPlace) await Promise.resolve();
      const place = parkingName(successor);
      const parked = places.get(place);
      if (parked !== undefined)
        return Buffer.from(parked.sealed).equals(successor.sealed) ? 'parked' : 'occupied';
      places.set(place, copy(successor));
      return 'parked';
    },
    async find(replaced) {
      if (!inPlace) await Promise.resolve();
      return copy(places.get(parkingName(replaced)));
    },
    async remove(replaced) {
      if (!inPlace) await Promise.resolve();
      places.delete(parkingName(replaced));
    },
  };
}
