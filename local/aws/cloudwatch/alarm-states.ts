import { type AlarmStateValue, type MetricAlarm, minutesToLookAt, stateAt } from './metric-alarm.ts';
import { type MetricStore, minuteOf } from './metric-store.ts';

export interface AlarmState {
  readonly alarm: MetricAlarm;
  readonly state: AlarmStateValue;
  /** When it took this state. */
  readonly sinceMs: number;
}

export interface AlarmChange {
  readonly alarmName: string;
  readonly from: AlarmStateValue;
  readonly to: AlarmStateValue;
  readonly atMs: number;
}

export interface AlarmStates {
  /** Every alarm of the template, as it is now. */
  now(): readonly AlarmState[];
  /** What changed until now, oldest first. */
  changes(): readonly AlarmChange[];
}

export interface AlarmStatesDeps {
  readonly alarms: readonly MetricAlarm[];
  readonly metrics: MetricStore;
  readonly nowMs: () => number;
}

interface Watched {
  readonly alarm: MetricAlarm;
  state: AlarmStateValue;
  sinceMs: number;
  /** The last minute that was looked at. Later values may still fall into it. */
  lookedAtMinute: number;
}

const MINUTE_MS = 60_000;
const MAX_CHANGES = 10_000;

/** The states of the template's alarms. They are made up for when a question comes, for every minute since the last one. */
export function createAlarmStates({ alarms, metrics, nowMs }: AlarmStatesDeps): AlarmStates {
  const createdAtMs = nowMs();
  const watched = alarms.map(
    (alarm): Watched => ({
      alarm,
      state: 'INSUFFICIENT_DATA',
      sinceMs: createdAtMs,
      lookedAtMinute: minuteOf(createdAtMs) - 1,
    }),
  );
  let changes: AlarmChange[] = [];

  const catchUp = (one: Watched): void => {
    const { condition } = one.alarm;
    const minuteNow = minuteOf(nowMs());
    if ('reason' in condition) return;
    const span = { after: one.lookedAtMinute, upTo: minuteNow - 1 };
    for (const minute of [...minutesToLookAt(condition, metrics, span), minuteNow]) {
      const to = stateAt(condition, metrics, minute, one.state);
      if (to === one.state) continue;
      const atMs = Math.min(nowMs(), Math.max(createdAtMs, minute * MINUTE_MS));
      changes.push({ alarmName: one.alarm.alarmName, from: one.state, to, atMs });
      Object.assign(one, { state: to, sinceMs: atMs });
    }
    one.lookedAtMinute = minuteNow - 1;
  };

  const catchUpAll = (): void => {
    for (const one of watched) catchUp(one);
    changes = changes.sort((one, other) => one.atMs - other.atMs).slice(-MAX_CHANGES);
  };

  return {
    now: () => {
      catchUpAll();
      return watched.map(({ alarm, state, sinceMs }) => ({ alarm, state, sinceMs }));
    },
    changes: () => {
      catchUpAll();
      return [...changes];
    },
  };
}
