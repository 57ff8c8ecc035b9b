/** One-time schedules that wake a connection. Throws `PlatformFault` `SCHEDULER_UNAVAILABLE` or `ACCESS_DENIED`. */
export interface AlarmClock {
  /**
   * Input of the schedule is the connectionId only. A schedule of that name already there counts as done.
   * Throws `SCHEDULE_GROUP_GONE` when the group of all schedules is not there.
   */
  arm(alarm: ArmedAlarm): Promise<void>;
}

/** Makes the group of all schedules anew after somebody deleted it. One that is there counts as done. */
export interface AlarmGroup {
  restore(): Promise<void>;
}

export interface ArmedAlarm {
  readonly connectionId: string;
  readonly name: string;
  /** Clamped to the future by the adapter. */
  readonly atMs: number;
  /** The schedule may ring up to this much later, so that a fleet spreads. 0 = on time. */
  readonly flexibleWindowMinutes: number;
}
