import { parseArgs } from 'node:util';
import { prepareAssembly } from '../../../local/demo/assembly/prepare-assembly.ts';
import { PROVIDER_MODES } from '../../../local/ims/refresh-token-rules.ts';
import { seedOfRun } from '../../support/run-seed.ts';
import { tableOf, unexplainedLosses, windowLines } from './figures.ts';
import { startKillWorld } from './kill-world.ts';
import { runKills } from './run-kills.ts';

/**
 * Ends rotator workers without warning, in each mode of the provider, and says what was lost:
 * `--rotations 300 [--seed 7] [--mode strict]`. Exits with 1 when anything was lost that could have been kept.
 */
const { values } = parseArgs({
  options: {
    rotations: { type: 'string', default: '300' },
    seed: { type: 'string' },
    mode: { type: 'string' },
  },
});
const rotations = Number(values.rotations);
const seed = seedOfRun({ script: 'verify:kills', given: values.seed });
const modes = PROVIDER_MODES.filter((mode) => values.mode === undefined || mode === values.mode);
if (!(rotations > 0) || modes.length === 0) {
  throw new RangeError('Expected --rotations above 0 and, if any, a known --mode.');
}

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

function say(line: string): void {
  return void process.stderr.write(`${line}\n`);
}

const world = await startKillWorld(await prepareAssembly(say));
try {
  const connections = Math.max(1, Math.min(50, Math.ceil(rotations / 6)));
  const { figures, ended } = await runKills(world, {
    modes,
    rotations,
    seed,
    connections,
    measured: Math.ceil(connections / 2),
    killShare: 0.7,
    outageShare: 0.04,
    onProgress: say,
  });
  for (const line of [...tableOf(figures.modes), ...windowLines(figures.window)]) say(line);
  for (const line of unexplainedLosses(ended, seed)) say(line);
  for (const problem of world.stack.problems()) say(problem);
  process.stdout.write(`${JSON.stringify(figures)}\n`);
  process.exitCode = figures.ok ? 0 : 1;
} finally {
  await world.stop();
}
