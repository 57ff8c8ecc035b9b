import { DAY_MS, HOUR_MS } from '../../../functions/core/durations.ts';

/** How Adobe answers at a moment. */
export type Sky =
  | 'fine'
  /** Every answer takes ten seconds. */
  | 'slow'
  /** Half of the answers are lost after Adobe has acted. */
  | 'lossy'
  /** Adobe cannot be reached, or answers 5xx. */
  | 'down';

export interface Spell {
  readonly sky: Exclude<Sky, 'fine'>;
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface Weather {
  skyAt(nowMs: number): Sky;
  readonly spells: readonly Spell[];
}

/** The spells must not overlap; where they do, the first one listed counts. */
export function createWeather(spells: readonly Spell[]): Weather {
  return {
    spells,
    skyAt: (nowMs) => spells.find(({ fromMs, untilMs }) => nowMs >= fromMs && nowMs < untilMs)?.sky ?? 'fine',
  };
}

export interface Forecast {
  readonly startMs: number;
  readonly days: number;
  /** From this day on; 0 days = no outage. */
  readonly outage: { readonly fromDay: number; readonly days: number };
}

/** An outage, and every week one hour of an outage, slow and lossy in turn. */
export function forecast({ startMs, days, outage }: Forecast): readonly Spell[] {
  const outageFromMs = startMs + outage.fromDay * DAY_MS;
  const outages: Spell[] =
    outage.days > 0
      ? [{ sky: 'down', fromMs: outageFromMs, untilMs: outageFromMs + outage.days * DAY_MS }]
      : [];
  const hours: Spell[] = [];
  for (let day = 3.6, week = 0; day < days; day += 7, week += 1) {
    const fromMs = startMs + day * DAY_MS;
    hours.push({ sky: week % 2 === 0 ? 'slow' : 'lossy', fromMs, untilMs: fromMs + HOUR_MS });
  }
  return [...outages, ...hours];
}
