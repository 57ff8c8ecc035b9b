import { parkingName } from '../../../functions/core/connection/due.ts';
import { PlatformError } from '../../../functions/core/platform-error.ts';
import type { Parking, RotationSchedules, ScheduleGroup } from '../../../functions/core/ports/scheduling.ts';
import type { ParkedSuccessor } from '../../../functions/core/rotation/parked-successor.ts';
import type { RotateRequest } from '../../../functions/core/rotation/rotate-request.ts';
import { MINUTE_MS, SECOND_MS } from '../../../functions/core/time-units.ts';
import { IN_PLACE } from '../../support/fakes/fake-connection-store.ts';
import { createFakeParking, createFakeRotationSchedules } from '../../support/fakes/fake-schedules.ts';
import type { Chance } from './chance.ts';
import type { Counters } from './counters.ts';
import type { Happening, VirtualTime } from './virtual-time.ts';

export interface SchedulesOptions {
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly counts: Counters['scheduler'];
  /** Called when a schedule fires. */
  readonly invoke: (request: RotateRequest) => void;
  /** The share of schedules that never fire. */
  readonly lostShare: number;
}

export interface Schedules {
  readonly schedules: RotationSchedules;
  readonly scheduleGroup: ScheduleGroup;
  readonly parking: Parking;
  /** Deletes the schedule group with every schedule in it. */
  deleteAll(): void;
  readonly size: number;
}

/** As the adapter sets them: no schedule is nearer than a minute, and an `at(…)` counts whole seconds. */
const NEAREST_MS = MINUTE_MS;

/** EventBridge Scheduler: one-time schedules with a flexible window, and recurring ones that carry a parked successor. */
export function createSchedules({ time, chance, counts, invoke, lostShare }: SchedulesOptions): Schedules {
  const fake = createFakeRotationSchedules(IN_PLACE);
  const parking = createFakeParking(IN_PLACE);
  let isGone = false;

  /** A class and no closure: there is one of these for each of a million connections. */
  class Schedule implements Happening {
    readonly atMs: number;
    readonly name: string;
    readonly connectionId: string;
    constructor(atMs: number, name: string, connectionId: string) {
      this.atMs = atMs;
      this.name = name;
      this.connectionId = connectionId;
    }
    happen() {
      if (!fake.lose(this.name)) return;
      if (chance.happens(lostShare)) counts.lostFirings += 1;
      else fire({ connectionId: this.connectionId, trigger: 'schedule' });
    }
  }

  const fire = (request: RotateRequest) => {
    counts.fired += 1;
    invoke(request);
  };
  const fireParked = (parked: ParkedSuccessor) => {
    if (parking.places.get(parkingName(parked)) !== parked) return;
    fire({ connectionId: parked.connectionId, trigger: 'parked', parked });
    time.at(time.nowMs() + MINUTE_MS, () => fireParked(parked));
  };

  return {
    get size() {
      return fake.pending().length + parking.places.size;
    },
    deleteAll() {
      fake.loseGroup();
      for (const parked of parking.places.values()) void parking.remove(parked);
      isGone = true;
    },
    scheduleGroup: {
      restore() {
        counts.create += 1;
        isGone = false;
        return fake.group.restore();
      },
    },
    schedules: {
      create(schedule) {
        const { connectionId, name, atMs, flexibleWindowMinutes } = schedule;
        counts.create += 1;
        const isNew = !isGone && !fake.has(name);
        const created = fake.create(schedule);
        if (isNew) {
          const dueAtMs = Math.ceil(Math.max(atMs, time.nowMs() + NEAREST_MS) / SECOND_MS) * SECOND_MS;
          const firesAtMs = dueAtMs + chance.share() * flexibleWindowMinutes * MINUTE_MS;
          time.queue(new Schedule(firesAtMs, name, connectionId));
        }
        return created;
      },
    },
    parking: {
      async park(successor) {
        counts.create += 1;
        if (isGone) throw new PlatformError('SCHEDULE_GROUP_GONE', 'The schedule group is not there.');
        const isNew = !parking.places.has(parkingName(successor));
        const outcome = await parking.park(successor);
        if (isNew) time.at(time.nowMs() + MINUTE_MS, () => fireParked(successor));
        return outcome;
      },
      find(replaced) {
        counts.get += 1;
        return parking.find(replaced);
      },
      remove(replaced) {
        counts.remove += 1;
        return parking.remove(replaced);
      },
    },
  };
}
