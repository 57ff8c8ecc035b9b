import { parseArgs } from 'node:util';
import { checkRaces, type RaceFailure } from './fakes/check-races.ts';

const BATCH = 1_000;

/**
 * Races of the real use cases on fakes: `--runs N`, from `--seed S` on. A failure names the seed and path that replay it:
 * `--seed S --path P`.
 */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20000' },
    seed: { type: 'string' },
    path: { type: 'string' },
  },
});
const startedAt = performance.now();
const runs = Number(values.runs);
const firstSeed = values.seed === undefined ? Date.now() % 1_000_000_000 : Number(values.seed);
const total = { runs: 0, posts: 0, lostInWindow: 0 };
const failures: RaceFailure[] = [];
for (let done = 0, seed = firstSeed; done < runs; done += BATCH, seed += 1) {
  const { path } = values;
  const batch = await checkRaces({
    runs: Math.min(BATCH, runs - done),
    seed,
    ...(path !== undefined && { path }),
  });
  total.runs += batch.runs;
  total.posts += batch.posts;
  total.lostInWindow += batch.lostInWindow;
  failures.push(...batch.failures);
  for (const { what } of batch.failures) process.stderr.write(`${what}\n`);
  process.stderr.write(`${total.runs} races on fakes, ${failures.length} failed (seed ${seed})\n`);
  if (path !== undefined) break;
}
const figures = {
  seed: firstSeed,
  ...total,
  failures: failures.map(({ seed, path, what }) => ({ seed, path, what: what.split('\n')[0] })),
  seconds: Math.round((performance.now() - startedAt) / 100) / 10,
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
process.exitCode = failures.length === 0 ? 0 : 1;
