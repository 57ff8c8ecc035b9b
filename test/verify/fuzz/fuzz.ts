import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { seedOfRun } from '../../support/run-seed.ts';
import { bundleRealFunctions } from '../../support/synth/function-bundles.ts';
import { synthesise } from '../../support/synth/synthesise.ts';
import { runFuzz } from './run-fuzz.ts';

// The SDK would announce the end of its support for Node 20 before the result.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

/**
 * Hostile requests to the vault's HTTP API on the local stack: `--count N` of them. `--seed S` draws the same ones again;
 * `--only I` sends the one that a failure names, `--only I,J` one after the other.
 */
const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '20000' },
    seed: { type: 'string' },
    only: { type: 'string' },
  },
});

const MOST_SUSPECTS = 12;
const seed = seedOfRun({ script: 'fuzz', given: values.seed });

function say(sentence: string): void {
  return void process.stderr.write(`${sentence}\n`);
}

const directory = await mkdtemp(join(tmpdir(), 'adobe-token-vault-fuzz-synth-'));
try {
  say(`Building the functions and the cloud assembly …`);
  const functionBundles = await bundleRealFunctions(join(directory, 'dist'));
  const cdkOut = join(directory, 'cdk.out');
  synthesise({ functionBundles, outdir: cdkOut, context: { example: 'true' } });
  const { failures, ...report } = await runFuzz({
    cdkOut,
    count: Number(values.count),
    seed,
    onProgress: say,
    ...(values.only !== undefined && { only: values.only.split(',').map(Number) }),
  });
  for (const { what, indexes } of failures) {
    say(`FAILED ${what}`);
    for (const index of indexes.slice(0, MOST_SUSPECTS))
      say(`  again: npx tsx test/verify/fuzz/fuzz.ts --seed ${seed} --only ${index}`);
  }
  process.stdout.write(`${JSON.stringify(report)}\n`);
  process.exitCode = failures.length === 0 ? 0 : 1;
} finally {
  await rm(directory, { recursive: true, force: true });
}
