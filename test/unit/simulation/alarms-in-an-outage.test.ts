import { describe, expect, it } from 'vitest';
import { createAlarmWatch, type Ring } from '../../support/alarms/alarm-watch.ts';
import { createFleet } from '../../verify/simulation/fleet.ts';
import type { Spell } from '../../verify/simulation/weather.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const START_MS = Date.UTC(2026, 0, 5);
const ONBOARDING_DAYS = 8;
/** Before the first look at it, a gauge that nobody has read yet would ring. */
const FIRST_LOOK_HOURS = 3;

const spell = (sky: Spell['sky'], fromDay: number, days: number): Spell => ({
  sky,
  fromMs: START_MS + fromDay * DAY_MS,
  untilMs: START_MS + (fromDay + days) * DAY_MS,
});

/** What fires while such a fleet lives so many days under such a sky. */
async function ringsOver(days: number, spells: readonly Spell[]): Promise<readonly Ring[]> {
  const watch = createAlarmWatch();
  const fleet = createFleet({
    seed: 'alarms',
    mode: 'strict',
    users: Array.from({ length: 80 }, (_, user) => user),
    startMs: START_MS,
    revokingUntilMs: START_MS + 10 * DAY_MS,
    habits: { onboardingDays: ONBOARDING_DAYS, dailyShare: 0.2, revokingShare: 0.05, fixedShare: 0.05 },
    spells,
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
  return watch.rings;
}

const dayOf = (atMs = Number.NaN): number => (atMs - START_MS) / DAY_MS;

describe('The alarms of a fleet', () => {
  it('stay silent over bad hours, revocations and grants that end, and in six days without Adobe ring one after the other', async () => {
    const outage = { fromDay: 16, days: 6 };
    const rings = await ringsOver(24, [
      spell('slow', 10, 1 / 24),
      spell('lossy', 13, 1 / 24),
      spell('down', outage.fromDay, outage.days),
    ]);

    expect(rings.map(({ id }) => id)).toEqual([
      'outage-breaker-open',
      'fleet-safety-low',
      'at-risk',
      'hours-of-safety-low',
    ]);
    const [weather, , , hours] = rings.map(({ fromMs }) => dayOf(fromMs) - outage.fromDay);
    expect(weather, 'somebody knows within hours').toBeLessThan(0.5);
    expect(hours, 'whoever is woken has more than a day to act').toBeLessThan(outage.days - 1);
    for (const { id, untilMs } of rings) {
      expect(dayOf(untilMs), id).toBeLessThan(outage.fromDay + outage.days + 1);
    }
  });
});
