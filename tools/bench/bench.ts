import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundleRealFunctions } from '../../test/support/synth/function-bundles.ts';
import { synthesise } from '../../test/support/synth/synthesise.ts';
import { type BenchResults, type Machine, writeResults } from './bench-results.ts';
import { performancePage } from './performance-page.ts';
import { QUICK, runBench, WHOLE } from './run-bench.ts';
import { rounded } from './statistics.ts';

/**
 * Every figure of docs/generated/performance.md: tables for people, then one line of JSON. `--quick` shows that it works; `--write` keeps
 * the figures and writes the page.
 */
const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, write: { type: 'boolean', default: false } },
});
if (values.quick && values.write) throw new Error('A quick run is too short for figures to be kept.');

// The SDK would announce the end of its support for this Node in the middle of the tables.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

function say(sentence: string): void {
  return void process.stderr.write(`${sentence}\n`);
}
const machine = describeMachine();
const directory = await mkdtemp(join(tmpdir(), 'adobe-token-vault-bench-synth-'));
try {
  say('Building the functions and the cloud assembly …');
  const functionBundles = await bundleRealFunctions(join(directory, 'dist'));
  const cdkOut = join(directory, 'cdk.out');
  synthesise({ functionBundles, outdir: cdkOut, context: { example: 'true' } });
  const extent = values.quick ? QUICK : WHOLE;
  const figures = await runBench({ cdkOut, functionBundles, extent, onStep: say });
  const results: BenchResults = {
    date: new Date().toISOString().slice(0, 10),
    commit: execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], { encoding: 'utf8' }).trim(),
    machine,
    ...figures,
  };
  const page = performancePage(results);
  if (values.write) writeResults(results, page);
  process.stdout.write(`${page}\n${JSON.stringify(results)}\n`);
} finally {
  await rm(directory, { recursive: true, force: true });
}

function describeMachine(): Machine {
  const cores = availableParallelism();
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    loadPerCore: rounded((loadavg()[0] ?? 0) / cores),
  };
}
