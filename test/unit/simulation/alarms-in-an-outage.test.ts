import { describe, expect, it } from 'vitest';
import { createAlarmWatch, type Firing } from '../../support/alarms/alarm-watch.ts';
import type { Disturbance } from '../../verify/simulation/adobe-conditions.ts';
import { createFleet } from '../../verify/simulation/fleet.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const START_MS = Date.UTC(2026, 0, 5);
const ONBOARDING_DAYS = 8;
/** Before its first data point a gauge would raise its alarm. */
const FIRST_LOOK_HOURS = 3;

function disturbance(condition: Disturbance['condition'], fromDay: number, days: number): Disturbance {
  return {
    condition,
    fromMs: START_MS + fromDay * DAY_MS,
    untilMs: START_MS + (fromDay + days) * DAY_MS,
  };
}

/** The alarms that a fleet raises over this number of days with these disturbances. */
async function alarmsOver(days: number, disturbances: readonly Disturbance[]): Promise<readonly Firing[]> {
  const watch = createAlarmWatch();
  const fleet = createFleet({
    seed: 'alarms',
    mode: 'strict',
    users: Array.from({ length: 80 }, (_, user) => user),
    startMs: START_MS,
    revokingUntilMs: START_MS + 10 * DAY_MS,
    habits: { onboardingDays: ONBOARDING_DAYS, dailyShare: 0.2, revokingShare: 0.05, fixedShare: 0.05 },
    disturbances,
    faultShare: 0.0001,
    lostScheduleShare: 0.0001,
    adobeLimitPerSecond: 20,
    maxSchedulesPerMinute: 120,
    realSealing: false,
    onMeasure: (metric, value, dimensions) =>
      watch.take({ metric, value, dimensions, atMs: fleet.time.nowMs() }),
  });
  const untilMs = START_MS + days * DAY_MS;
  for (let atMs = START_MS + FIRST_LOOK_HOURS * HOUR_MS; atMs < untilMs; atMs += HOUR_MS) {
    await fleet.time.passUntil(atMs);
    watch.lookAt(atMs);
  }
  return watch.firings;
}

function dayOf(atMs = Number.NaN): number {
  return (atMs - START_MS) / DAY_MS;
}

describe('The alarms of a fleet', () => {
  it('do not fire over bad hours, revocations and grants that end, and in six days without Adobe fire one after the other', async () => {
    const outage = { fromDay: 16, days: 6 };
    const alarms = await alarmsOver(24, [
      disturbance('slow', 10, 1 / 24),
      disturbance('lossy', 13, 1 / 24),
      disturbance('down', outage.fromDay, outage.days),
    ]);

    expect(alarms.map(({ id }) => id)).toEqual([
      'outage-breaker-open',
      'fleet-safety-low',
      'at-risk',
      'hours-of-safety-low',
    ]);
    const [breaker, , , hours] = alarms.map(({ fromMs }) => dayOf(fromMs) - outage.fromDay);
    expect(breaker, 'the operator knows within hours').toBeLessThan(0.5);
    expect(hours, 'the operator has more than a day to act').toBeLessThan(outage.days - 1);
    for (const { id, untilMs } of alarms) {
      expect(dayOf(untilMs), id).toBeLessThan(outage.fromDay + outage.days + 1);
    }
  });
});
