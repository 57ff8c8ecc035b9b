import { describe, expect, it } from 'vitest';
import { runFailingGrants, SHORT_SCENARIOS } from '../../verify/simulation/failing-grants.ts';

describe('Connections of which some never get a token', { timeout: 120_000 }, () => {
  it.each(SHORT_SCENARIOS.map((scenario) => [scenario.name, scenario] as const))(
    'refuses no other caller, and loses no other grant: %s',
    async (_name, scenario) => {
      const { vends, refused, lost } = await runFailingGrants({ ...scenario, seed: '1' });
      expect({ refused, lost }).toEqual({ refused: 0, lost: 0 });
      expect(vends).toBeGreaterThan(20);
    },
  );
});
