import { beforeAll, describe, expect, it } from 'vitest';
import { createFenceWorld, type FenceWorld } from '../verify/fence/fence-world.ts';
import { checkFence, firstWrong, nearMisses, randomTuple } from '../verify/fence/tuples.ts';
import { weakenedPolicies } from '../verify/fence/weakened-policies.ts';
import { createSeededShares } from '../verify/kills/rotation-plan.ts';

const SEED = '17';
/** `npm run verify:fence` asks 10,000. */
const TUPLES = 1_000;

let world: FenceWorld;
beforeAll(async () => {
  world = await createFenceWorld();
});

describe('the fence of perTenant()', () => {
  it('lets a session read what is its tenant’s, and nothing of another tenant', () => {
    const random = createSeededShares(SEED);
    const tuples = [...nearMisses(), ...Array.from({ length: TUPLES }, () => randomTuple(random))];
    const { passed, leaks, losses } = checkFence(world, tuples);

    expect({ leaks, losses }).toEqual({ leaks: [], losses: [] });
    expect(passed).toBeGreaterThan(50);
  });

  it('leaks or refuses what it should not, without any statement, action or condition of it', () => {
    const weakened = weakenedPolicies(world);
    const unnoticed = weakened
      .filter(({ directory }) => firstWrong(world, directory, nearMisses()) === undefined)
      .map(({ without }) => without);

    expect(unnoticed).toEqual([]);
    expect(weakened.length).toBeGreaterThan(70);
  });
});
