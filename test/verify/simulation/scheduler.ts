import type { TokenIdentity } from '../../../functions/core/connection/connection.ts';
import { parkingName } from '../../../functions/core/connection/due.ts';
import { MINUTE_MS, SECOND_MS } from '../../../functions/core/durations.ts';
import { PlatformError } from '../../../functions/core/platform-error.ts';
import type { Parking, RotationSchedules, ScheduleGroup } from '../../../functions/core/ports/schedules.ts';
import type { ParkedSuccessor } from '../../../functions/core/rotation/parked-successor.ts';
import type { RotateRequest } from '../../../functions/core/rotation/rotate-request.ts';
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
  const names = new Set<string>();
  const places = new Map<string, ParkedSuccessor>();
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
      if (!names.delete(this.name)) return;
      if (chance.happens(lostShare)) counts.lostFirings += 1;
      else fire({ connectionId: this.connectionId, trigger: 'schedule' });
    }
  }

  const fire = (request: RotateRequest) => {
    counts.fired += 1;
    invoke(request);
  };
  const fireParked = (name: string, parked: ParkedSuccessor) => {
    if (places.get(name) !== parked) return;
    fire({ connectionId: parked.connectionId, trigger: 'parked', parked });
    time.at(time.nowMs() + MINUTE_MS, () => fireParked(name, parked));
  };
  const nameOf = (token: TokenIdentity) => parkingName(token);

  return {
    get size() {
      return names.size + places.size;
    },
    deleteAll() {
      names.clear();
      places.clear();
      isGone = true;
    },
    scheduleGroup: {
      async restore() {
        counts.create += 1;
        isGone = false;
      },
    },
    schedules: {
      async create({ connectionId, name, atMs, flexibleWindowMinutes }) {
        counts.create += 1;
        if (isGone) throw new PlatformError('SCHEDULE_GROUP_GONE', 'The schedule group is not there.');
        if (names.has(name)) return;
        names.add(name);
        const dueAtMs = Math.ceil(Math.max(atMs, time.nowMs() + NEAREST_MS) / SECOND_MS) * SECOND_MS;
        const firesAtMs = dueAtMs + chance.share() * flexibleWindowMinutes * MINUTE_MS;
        time.queue(new Schedule(firesAtMs, name, connectionId));
      },
    },
    parking: {
      async park(successor) {
        counts.create += 1;
        if (isGone) throw new PlatformError('SCHEDULE_GROUP_GONE', 'The schedule group is not there.');
        const name = nameOf(successor);
        const parked = places.get(name);
        if (parked) return parked.commitId === successor.commitId ? 'parked' : 'occupied';
        places.set(name, successor);
        time.at(time.nowMs() + MINUTE_MS, () => fireParked(name, successor));
        return 'parked';
      },
      async find(replaced) {
        counts.get += 1;
        return places.get(nameOf(replaced));
      },
      async remove(replaced) {
        counts.remove += 1;
        places.delete(nameOf(replaced));
      },
    },
  };
}
