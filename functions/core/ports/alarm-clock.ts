/** One-time schedules that wake a connection. Throws `PlatformFault` `SCHEDULER_UNAVAILABLE` or `ACCESS_DENIED`. */
export interface AlarmClock {
  /** Input of the schedule is the connectionId only. A schedule of that name already there counts as done. */
  arm(alarm: ArmedAlarm): Promise<void>;
}

export interface ArmedAlarm {
  readonly connectionId: string;
  readonly name: string;
  /** Clamped to the future by the adapter. */
  readonly atMs: number;
  /** The schedule may ring up to this much later, so that a fleet spreads. 0 = on time. */
  readonly flexibleWindowMinutes: number;
}
