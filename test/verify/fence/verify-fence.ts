import { parseArgs } from 'node:util';
import { seedOfRun } from '../../support/run-seed.ts';
import { createSeededShares } from '../kills/rotation-plan.ts';
import { createFenceWorld } from './fence-world.ts';
import { checkFence, firstWrong, nearMisses, randomTuple } from './tuples.ts';
import { weakenedPolicies } from './weakened-policies.ts';

/**
 * The fence of `perTenant()`, asked of the synthesised policies: `--count N` random tuples of caller, role, tags, ids and
 * route, and again with each piece of the policies taken out. `--seed S` draws the same ones again.
 */
const { values } = parseArgs({
  options: { count: { type: 'string', default: '10000' }, seed: { type: 'string' } },
});

const random = createSeededShares(String(seedOfRun({ script: 'verify:fence', given: values.seed })));
const world = await createFenceWorld();
const tuples = Array.from({ length: Number(values.count) }, () => randomTuple(random));
const { leaks, losses, ...report } = checkFence(world, tuples);
for (const tuple of leaks) process.stderr.write(`LEAK ${JSON.stringify(tuple)}\n`);
for (const tuple of losses) process.stderr.write(`REFUSED ${JSON.stringify(tuple)}\n`);
const weakened = weakenedPolicies(world);
const unnoticed = weakened.filter(
  ({ directory }) => firstWrong(world, directory, [...nearMisses(), ...tuples]) === undefined,
);
for (const { without } of unnoticed) process.stderr.write(`UNNOTICED without ${without}\n`);
process.stdout.write(
  `${JSON.stringify({
    ...report,
    leaks: leaks.length,
    losses: losses.length,
    weakened: weakened.length,
    unnoticed: unnoticed.length,
  })}\n`,
);
process.exitCode = leaks.length + losses.length + unnoticed.length === 0 ? 0 : 1;
