import { expect, it } from 'vitest';
import { runBadHour } from '../simulation/bad-hour.ts';
import type { Sky } from '../simulation/weather.ts';

const LOSSES_ALLOWED = 10;

/** An hour of an outage over a small fleet that consented on one day, so that all of it is due in that hour. */
export function proveBadHour(sky: Exclude<Sky, 'fine' | 'down'>, connections: number): void {
  it(`an hour of ${sky} weather costs few grants and condemns none`, async () => {
    const { lost, falseDeaths } = await runBadHour({ connections, sky, seed: 'mutants' });
    if (lost > LOSSES_ALLOWED) throw new Error(`${lost} grants were lost, not ${LOSSES_ALLOWED} at most`);
    expect(falseDeaths, 'connections called revoked that are not').toBe(0);
  });
}
