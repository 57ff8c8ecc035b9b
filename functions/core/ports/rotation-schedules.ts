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
