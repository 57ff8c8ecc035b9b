import { DAY_MS, HOUR_MS } from '../../../functions/core/time-units.ts';

/** How Adobe answers at a given moment. */
export type Condition =
  | 'normal'
  /** Every answer takes ten seconds. */
  | 'slow'
  /** Half of the answers are lost after Adobe has acted. */
  | 'lossy'
  /** Adobe cannot be reached, or answers 5xx. */
  | 'down';

export interface Disturbance {
  readonly condition: Exclude<Condition, 'normal'>;
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface AdobeConditions {
  at(nowMs: number): Condition;
  readonly disturbances: readonly Disturbance[];
}

/** Where disturbances overlap, the first one listed counts. */
export function createAdobeConditions(disturbances: readonly Disturbance[]): AdobeConditions {
  return {
    disturbances,
    at: (nowMs) =>
      disturbances.find(({ fromMs, untilMs }) => nowMs >= fromMs && nowMs < untilMs)?.condition ?? 'normal',
  };
}

export interface DisturbancePlan {
  readonly startMs: number;
  readonly days: number;
  /** From this day on; 0 days = no outage. */
  readonly outage: { readonly fromDay: number; readonly days: number };
}

/** One outage, and in every week one hour of slow answers or one of lost answers, in turn. */
export function plannedDisturbances({ startMs, days, outage }: DisturbancePlan): readonly Disturbance[] {
  const outageFromMs = startMs + outage.fromDay * DAY_MS;
  const outages: Disturbance[] =
    outage.days > 0
      ? [{ condition: 'down', fromMs: outageFromMs, untilMs: outageFromMs + outage.days * DAY_MS }]
      : [];
  const hours: Disturbance[] = [];
  for (let day = 3.6, week = 0; day < days; day += 7, week += 1) {
    const fromMs = startMs + day * DAY_MS;
    hours.push({ condition: week % 2 === 0 ? 'slow' : 'lossy', fromMs, untilMs: fromMs + HOUR_MS });
  }
  return [...outages, ...hours];
}
