import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { seedOfRun } from '../../support/run-seed.ts';
import { bundleRealFunctions } from '../../support/synth/function-bundles.ts';
import { synthesise } from '../../support/synth/synthesise.ts';
import { TEST_SETTINGS } from '../../support/synth/test-settings.ts';
import { checkRaces } from './fakes/check-races.ts';
import { runStackRaces } from './stack/run-stack-races.ts';

// The SDK would announce the end of its support for Node 20 before the result.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

/**
 * Races of the real use cases on fakes, `--runs N` of them, and a twentieth as many, but at least a hundred, of the deployed
 * vault over HTTP on the local stack. `--seed S` begins there, and chooses what the deployed vault's setting says of a revocation and
 * what Adobe makes of it; `--path P` replays the one race on fakes that a failure names.
 */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20000' },
    seed: { type: 'string' },
    path: { type: 'string' },
    only: { type: 'string' },
    'replay-one-in': { type: 'string', default: '10' },
  },
});

/** What the deployed vault's setting says and what a revocation really ends, where the setting is no lie. */
const REVOCATIONS = [
  { scope: 'unknown', ends: 'grant' },
  { scope: 'token', ends: 'token' },
  { scope: 'user', ends: 'user' },
  { scope: 'unknown', ends: 'token' },
  { scope: 'unknown', ends: 'user' },
  { scope: 'user', ends: 'grant' },
] as const;
const BATCH = 1_000;
const LEAST_ON_STACK = 100;
const startedAt = performance.now();
const runs = Number(values.runs);
const firstSeed = seedOfRun({ script: 'verify:races', given: values.seed });

async function racesOnFakes() {
  const total = { runs: 0, posts: 0, lostInWindow: 0, lostToFalseClaim: 0, replayedThroughModel: 0 };
  const beyondModel: Record<string, number> = {};
  const failures: { seed: number; path: string; what: string }[] = [];
  for (let done = 0, seed = firstSeed; done < runs; done += BATCH, seed += 1) {
    const { path } = values;
    const {
      failures: found,
      beyondModel: beyond,
      ...figures
    } = await checkRaces({
      runs: Math.min(BATCH, runs - done),
      seed,
      replayOneIn: path === undefined ? Number(values['replay-one-in']) : 1,
      ...(path !== undefined && { path }),
    });
    for (const name of [
      'runs',
      'posts',
      'lostInWindow',
      'lostToFalseClaim',
      'replayedThroughModel',
    ] as const) {
      total[name] += figures[name];
    }
    for (const [what, races] of Object.entries(beyond)) beyondModel[what] = (beyondModel[what] ?? 0) + races;
    for (const { what, ...where } of found) {
      process.stderr.write(`${what}\n`);
      failures.push({ ...where, what: what.split('\n', 1)[0] ?? '' });
    }
    process.stderr.write(
      `${total.runs} of ${runs} races on fakes, ${failures.length} failures (seed ${seed})\n`,
    );
    if (path !== undefined) break;
  }
  return { ...total, beyondModel, failures };
}

async function racesOnStack() {
  const directory = await mkdtemp(join(tmpdir(), 'adobe-token-vault-races-'));
  try {
    const functionBundles = await bundleRealFunctions(join(directory, 'dist'));
    const cdkOut = join(directory, 'cdk.out');
    const { scope, ends } = REVOCATIONS[firstSeed % REVOCATIONS.length] ?? REVOCATIONS[0];
    const vault = { ...TEST_SETTINGS, revocationScope: scope, scopeSets: ['AdobeID openid'] };
    synthesise({ functionBundles, outdir: cdkOut, context: { example: 'true', vault } });
    return await runStackRaces({
      cdkOut,
      runs: Math.max(LEAST_ON_STACK, Math.floor(runs / 20)),
      seed: firstSeed,
      reach: ends,
      onProgress: (sentence) => process.stderr.write(`${sentence}\n`),
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const onFakes = values.only === 'stack' ? undefined : await racesOnFakes();
const isReplay = values.path !== undefined;
const onStack = isReplay || values.only === 'fakes' ? undefined : await racesOnStack();
const failures = [...(onFakes?.failures ?? []), ...(onStack?.failures ?? [])];
const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
process.stdout.write(`${JSON.stringify({ seed: firstSeed, onFakes, onStack, seconds })}\n`);
process.exitCode = failures.length === 0 ? 0 : 1;
