import {
  differences,
  expectationsFrom,
  readExpectations,
  unmet,
  writeExpectations,
} from './expected-outcomes.ts';
import { runCrashPoints } from './run-crash-points.ts';
import { SCENARIOS } from './scenarios.ts';
import { runSecondFaults } from './second-faults.ts';

/**
 * Every crash point of the real use cases, against the reviewed file of expected outcomes. `--update` writes that file
 * anew, to be reviewed; the rules that hold everywhere are checked all the same.
 */
const startedAt = performance.now();
const { points, runs } = await runCrashPoints(SCENARIOS);
const seconds = await runSecondFaults(SCENARIOS, runs, ['grace', 'strict']);
const broken = [...runs, ...seconds].flatMap((run) =>
  run.broken.map(
    (rule) => `${run.scenario} | ${run.point} | ${run.kind} | ${run.mode}: ${rule}: ${run.line}`,
  ),
);
if (process.argv.includes('--update')) writeExpectations(expectationsFrom(runs));
const expected = readExpectations();
const different = differences(expected, runs);
const stale = unmet(expected, runs).map((place) => `${place}: expected, but there is no such point any more`);
for (const line of [...broken, ...different, ...stale]) process.stderr.write(`${line}\n`);
const lost = runs.filter(({ grant }) => grant === 'lost');
const figures = {
  scenarios: SCENARIOS.length,
  points,
  runs: runs.length,
  runsWithSecondFault: seconds.length,
  lostInWindow: lost.length,
  lostOutside: [...runs, ...seconds].filter((run) =>
    run.broken.some((rule) => rule.includes('outside the window')),
  ).length,
  brokenRules: broken.length,
  differences: different.length + stale.length,
  seconds: Math.round((performance.now() - startedAt) / 100) / 10,
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
process.exitCode = broken.length + different.length + stale.length === 0 ? 0 : 1;
