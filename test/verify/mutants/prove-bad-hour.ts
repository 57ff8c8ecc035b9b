import { expect, it } from 'vitest';
import type { Condition } from '../simulation/adobe-conditions.ts';
import { runBadHour } from '../simulation/bad-hour.ts';

const LOSSES_ALLOWED = 10;

/** An hour of an outage over a small fleet that consented on one day, so that all of it is due in that hour. */
export function proveBadHour(condition: Exclude<Condition, 'normal' | 'down'>, connections: number): void {
  it(`an hour of ${condition} answers costs few grants and gives up no living one`, async () => {
    const { lost, falseDeaths } = await runBadHour({ connections, condition, seed: 'mutants' });
    if (lost > LOSSES_ALLOWED) throw new Error(`${lost} grants were lost, not ${LOSSES_ALLOWED} at most`);
    expect(falseDeaths, 'connections called revoked that are not').toBe(0);
  });
}
