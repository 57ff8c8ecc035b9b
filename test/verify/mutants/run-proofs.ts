import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { startVitest, type TestModule } from 'vitest/node';
import { bundleProof } from './bundle-proof.ts';
import type { Edit } from './locate-change.ts';
import type { Proof } from './mutant.ts';
import { ROOT } from './source-symbols.ts';

export interface ProofRun {
  readonly proof: Proof;
  readonly edits: readonly Edit[];
}

export interface ProofResult {
  readonly passed: number;
  /** Name and message of each test that failed, in order. */
  readonly failures: readonly { readonly test: string; readonly message: string }[];
}

/** Below the repository, so that packages are found. */
const CACHE = join(ROOT, '.cache');
const AT_ONCE = 4;

/** Bundles every proof with its edits and runs all of them in one vitest; results in the order of `runs`. */
export async function runProofs(
  runs: readonly ProofRun[],
  progress: (at: number) => void,
): Promise<readonly ProofResult[]> {
  await mkdir(CACHE, { recursive: true });
  const folder = await mkdtemp(join(CACHE, 'mutants-'));
  try {
    await bundleAll(runs, folder);
    return await runAll(runs.length, folder, progress);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function bundleAll(runs: readonly ProofRun[], folder: string): Promise<void> {
  const left = [...runs.entries()];
  const worker = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [at, { proof, edits }] = next;
      await bundleProof(proof, edits, join(folder, `${at}.bundle.mjs`));
      await writeFile(join(folder, `${at}.test.mjs`), `import './${at}.bundle.mjs';\n`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function runAll(
  count: number,
  folder: string,
  progress: (at: number) => void,
): Promise<readonly ProofResult[]> {
  const results = new Map<number, ProofResult>();
  const vitest = await startVitest('test', [], {
    root: folder,
    config: false,
    watch: false,
    include: ['*.test.mjs'],
    exclude: [],
    maxWorkers: 2,
    // Each bundle holds its own copy of our sources.
    isolate: false,
    pool: 'threads',
    // A mutant that hangs counts as noticed. Every other run ends in seconds, on a busy machine in a minute.
    testTimeout: 120_000,
    restoreMocks: true,
    silent: true,
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    server: { deps: { external: [/\.bundle\.mjs$/] } },
    // A mutant may also break in the background; only the tests count.
    dangerouslyIgnoreUnhandledErrors: true,
    reporters: [
      {
        onTestModuleEnd(module) {
          const at = Number.parseInt(basename(module.moduleId), 10);
          results.set(at, resultOf(module));
          progress(at);
        },
      },
    ],
  });
  await vitest.close();
  return Array.from({ length: count }, (_, at) => {
    const result = results.get(at);
    if (!result) throw new Error('A proof did not run.');
    return result;
  });
}

function resultOf(module: TestModule): ProofResult {
  const [broken] = module.errors();
  if (broken) throw new Error(`A proof could not be loaded: ${broken.message}`);
  const failed = [...module.children.allTests('failed')];
  return {
    passed: [...module.children.allTests('passed')].length,
    failures: failed.map((test) => ({
      test: test.fullName,
      message: test.result().errors?.[0]?.message ?? 'no message',
    })),
  };
}
