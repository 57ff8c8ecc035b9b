import { parseArgs } from 'node:util';
import { seedOfRun } from '../../support/run-seed.ts';
import { type BadHour, runBadHour } from './bad-hour.ts';
import { type IllFleet, runIllFleet } from './ill-fleet.ts';
import { ILL_FLEETS } from './ill-fleets.ts';

/**
 * Bad hours over a large fleet, and fleets of which some connections never get a token. `--only <text>` leaves it at the
 * ill fleets whose name holds the text, `--seed` repeats a run.
 */
const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '10000' },
    seed: { type: 'string' },
    daily: { type: 'string', default: '0.3' },
    only: { type: 'string' },
  },
});
const startedAt = performance.now();
const { only } = values;
const seed = String(seedOfRun({ script: 'verify:weather', given: values.seed }));
const connections = Number(values.connections);
const dailyShare = Number(values.daily);

const hours: BadHour[] = [];
for (const sky of only === undefined ? (['slow', 'lossy'] as const) : []) {
  const hour = await runBadHour({ connections, sky, seed, dailyShare });
  process.stderr.write(`${JSON.stringify(hour)}\n`);
  hours.push(hour);
}
const fleets: IllFleet[] = [];
for (const scenario of ILL_FLEETS.filter(({ name }) => name.includes(only ?? ''))) {
  const fleet = await runIllFleet({ ...scenario, seed });
  process.stderr.write(`${JSON.stringify(fleet)}\n`);
  fleets.push(fleet);
}
const failing = fleets.filter(({ holds }) => !holds).map(({ name }) => name);
const kept = hours.every(({ holds }) => holds) && failing.length === 0 && hours.length + fleets.length > 0;
const ill = {
  fleets: fleets.length,
  vends: sumOf(fleets, ({ vends }) => vends),
  refused: sumOf(fleets, ({ refused }) => refused),
  lost: sumOf(fleets, ({ lost }) => lost),
  failing,
};
const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
process.stdout.write(`${JSON.stringify({ connections, seed, hours, ill, kept, seconds })}\n`);
process.exitCode = kept ? 0 : 1;

function sumOf(all: readonly IllFleet[], count: (fleet: IllFleet) => number): number {
  return all.reduce((sum, fleet) => sum + count(fleet), 0);
}
