import type { TokenIdentity } from '../connection/connection.ts';
import type { ParkedSuccessor } from '../rotation/parked-successor.ts';

/** One-time schedules that start the work of a connection. Throws `PlatformError` `SCHEDULER_UNAVAILABLE` or `ACCESS_DENIED`. */
export interface RotationSchedules {
  /**
   * Input of the schedule is the connectionId only. A schedule of that name already there counts as done.
   * Throws `SCHEDULE_GROUP_GONE` when the group of all schedules is not there.
   */
  create(schedule: NewSchedule): Promise<void>;
}

/** Makes the group of all schedules again after somebody deleted it. One that is there counts as done. */
export interface ScheduleGroup {
  restore(): Promise<void>;
}

export interface NewSchedule {
  readonly connectionId: string;
  readonly name: string;
  /** Clamped to the future by the adapter. */
  readonly atMs: number;
  /** The schedule may ring up to this much later, so that a fleet spreads. 0 = on time. */
  readonly flexibleWindowMinutes: number;
}

/**
 * Where a successor waits that could not be committed: a recurring one-minute schedule whose input carries it, sealed,
 * until it is recovered or proved superseded. Its name is computable from the identity of the token it replaces.
 * Throws `PlatformError` `SCHEDULER_UNAVAILABLE` or `ACCESS_DENIED`.
 */
export interface Parking {
  /** `occupied`: under its name waits something else. The same successor parked again, after a lost reply, is `parked`. */
  park(successor: ParkedSuccessor): Promise<'parked' | 'occupied'>;
  /** What is there but cannot be read is returned as a successor whose sealed bytes are empty: it opens under no key. */
  find(replaced: TokenIdentity): Promise<ParkedSuccessor | undefined>;
  /** Absent already counts as done. */
  remove(replaced: TokenIdentity): Promise<void>;
}
