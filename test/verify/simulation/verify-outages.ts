import { parseArgs } from 'node:util';
import { seedOfRun } from '../../support/run-seed.ts';
import { type BadHour, runBadHour } from './bad-hour.ts';
import { FAILING_GRANT_SCENARIOS, type FailingGrantsReport, runFailingGrants } from './failing-grants.ts';

/**
 * Bad hours over a large fleet, and fleets in which some grants always fail. `--only <text>` runs the fleets whose name
 * holds the text and nothing else. `--seed` repeats a run.
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
const seed = String(seedOfRun({ script: 'verify:outages', given: values.seed }));
const connections = Number(values.connections);
const dailyShare = Number(values.daily);

const hours: BadHour[] = [];
for (const condition of only === undefined ? (['slow', 'lossy'] as const) : []) {
  const hour = await runBadHour({ connections, condition, seed, dailyShare });
  process.stderr.write(`${JSON.stringify(hour)}\n`);
  hours.push(hour);
}
const fleets: FailingGrantsReport[] = [];
for (const scenario of FAILING_GRANT_SCENARIOS.filter(({ name }) => name.includes(only ?? ''))) {
  const fleet = await runFailingGrants({ ...scenario, seed });
  process.stderr.write(`${JSON.stringify(fleet)}\n`);
  fleets.push(fleet);
}
const violated = fleets.filter(({ holds }) => !holds).map(({ name }) => name);
const allHold =
  hours.every(({ holds }) => holds) && violated.length === 0 && hours.length + fleets.length > 0;
const failingGrants = {
  fleets: fleets.length,
  vends: sumOf(fleets, ({ vends }) => vends),
  refused: sumOf(fleets, ({ refused }) => refused),
  lost: sumOf(fleets, ({ lost }) => lost),
  violated,
};
const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
process.stdout.write(
  `${JSON.stringify({ connections, seed, hours, failingGrants, holds: allHold, seconds })}\n`,
);
process.exitCode = allHold ? 0 : 1;

function sumOf(all: readonly FailingGrantsReport[], count: (fleet: FailingGrantsReport) => number): number {
  return all.reduce((sum, fleet) => sum + count(fleet), 0);
}
