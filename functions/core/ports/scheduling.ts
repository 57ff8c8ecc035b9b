import type { TokenIdentity } from '../connection/connection.ts';
import type { ParkedSuccessor } from '../rotation/parked-successor.ts';

/** One-time schedules that start the work of a connection. Throws `PlatformError` `SCHEDULER_UNAVAILABLE` or `ACCESS_DENIED`. */
export interface RotationSchedules {
  /**
   * The schedule's input is the connectionId only. Succeeds when a schedule of that name exists already.
   * Throws `SCHEDULE_GROUP_GONE` when the group of all schedules does not exist.
   */
  create(schedule: NewSchedule): Promise<void>;
}

/**
 * Creates the group of all schedules again after it was deleted. Succeeds when it exists. Throws `SCHEDULER_UNAVAILABLE` while it
 * is still being deleted.
 */
export interface ScheduleGroup {
  restore(): Promise<void>;
}

export interface NewSchedule {
  readonly connectionId: string;
  readonly name: string;
  /** The adapter moves a time in the past to the near future. */
  readonly atMs: number;
  /** The schedule may fire up to this much later, so that many connections spread. 0 = on time. */
  readonly flexibleWindowMinutes: number;
}

/**
 * Keeps a successor that could not be committed: a recurring one-minute schedule whose input carries it, sealed, until it is
 * recovered or proved superseded. The schedule's name follows from the identity of the token that the successor replaces.
 * Throws `PlatformError` `SCHEDULER_UNAVAILABLE` or `ACCESS_DENIED`.
 */
export interface Parking {
  /** `occupied`: something else is parked under its name. The same successor parked again, after a lost response, is `parked`. */
  park(successor: ParkedSuccessor): Promise<'parked' | 'occupied'>;
  /** `undefined` when there is none. An input that cannot be read is returned with empty sealed bytes, which no key opens. */
  find(replaced: TokenIdentity): Promise<ParkedSuccessor | undefined>;
  /** Succeeds also when there is none. */
  remove(replaced: TokenIdentity): Promise<void>;
}
