import { describe, expect, it } from 'vitest';
import { runBadHour } from '../../verify/simulation/bad-hour.ts';

/** A tenth of the fleet of `verify:outages`, all read daily, so that a missing breaker shows. */
const FLEET = { connections: 1_000, dailyShare: 1, daysBefore: 3, daysAfter: 2.5, seed: '1' } as const;

describe('An hour of an outage in strict mode', () => {
  it('costs no grant when answers take ten seconds', async () => {
    const hour = await runBadHour({ ...FLEET, condition: 'slow' });
    expect(hour).toMatchObject({ lost: 0, falseDeaths: 0, holds: true });
    expect(hour.postsInTheHour).toBeGreaterThan(30);
  });

  it('costs at most ten grants when half of the answers are lost, finds each of them, and gives up no living one', async () => {
    const hour = await runBadHour({ ...FLEET, condition: 'lossy' });
    expect(hour).toMatchObject({ falseDeaths: 0, named: hour.lost, holds: true });
    expect(hour.lost).toBeGreaterThan(0);
    expect(hour.healthyAfterMinutes).toBeLessThan(6 * 60);
  });
});
