import { describe, expect, it } from 'vitest';
import { runIllFleet } from '../../verify/simulation/ill-fleet.ts';
import { SHORT_ILL_FLEETS } from '../../verify/simulation/ill-fleets.ts';

describe('A fleet of which some connections never get a token', { timeout: 120_000 }, () => {
  it.each(SHORT_ILL_FLEETS.map((scenario) => [scenario.name, scenario] as const))(
    'refuses no other caller, and loses no other grant: %s',
    async (_name, scenario) => {
      const { vends, refused, lost } = await runIllFleet({ ...scenario, seed: '1' });
      expect({ refused, lost }).toEqual({ refused: 0, lost: 0 });
      expect(vends).toBeGreaterThan(20);
    },
  );
});
