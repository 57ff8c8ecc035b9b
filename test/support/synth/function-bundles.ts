import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleFunctions } from '../../../lib/packaging/bundling.ts';
import { EXAMPLE_FUNCTION_NAME, FUNCTION_NAMES } from '../../../lib/packaging/function-names.ts';

const FUNCTIONS = fileURLToPath(new URL('../../../functions', import.meta.url));

/**
 * Bundles the real functions into a folder of the test run's own, without their source maps: each worker of a function would
 * read and parse them, a fifth of the time of a run that starts many.
 */
export async function bundleRealFunctions(outputDirectory: string): Promise<string> {
  const present = [...FUNCTION_NAMES, EXAMPLE_FUNCTION_NAME].filter((name) =>
    existsSync(join(FUNCTIONS, name, 'handler.ts')),
  );
  await bundleFunctions({ functionsDirectory: FUNCTIONS, outputDirectory, required: present });
  const bundles = join(outputDirectory, 'functions');
  await Promise.all(present.map((name) => rm(join(bundles, name, 'index.mjs.map'), { force: true })));
  await writeTinyBundles(bundles);
  return bundles;
}

/** An empty handler in every folder that has none: enough for a test of the template alone. */
export async function writeTinyBundles(bundles: string): Promise<string> {
  for (const name of [...FUNCTION_NAMES, EXAMPLE_FUNCTION_NAME]) {
    const folder = join(bundles, name);
    if (existsSync(join(folder, 'index.mjs'))) continue;
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'index.mjs'), `export const handler = async () => '${name}';\n`);
  }
  return bundles;
}
