import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleFunctions } from '../../../lib/packaging/bundling.ts';
import { EXAMPLE_FUNCTION_NAME, FUNCTION_NAMES } from '../../../lib/packaging/function-names.ts';
import { fingerprintOf } from './fingerprint.ts';
import { inProject } from './project-files.ts';
import { synthesise } from './synthesise.ts';

/** The demo's own settings: yours in cdk.json may name a domain that does not lead here. */
const DEMO_SETTINGS = {
  clientId: 'demo-client-id',
  scopes: ['openid', 'AdobeID', 'offline_access', 'lr_partner_apis', 'lr_partner_rendition_apis'],
  returnUrls: ['https://app.example.com/adobe/connected'],
};
const CACHE = inProject('.cache/demo');
const UNUSED_AFTER_MS = 86_400_000;

/**
 * Bundles the functions and synthesises the vault with its example consumer; answers the folder of the cloud assembly.
 * A build of the very same sources is used again.
 */
export async function prepareAssembly(onProgress: (sentence: string) => void): Promise<string> {
  const build = join(CACHE, await fingerprintOf(DEMO_SETTINGS));
  const cdkOut = join(build, 'cdk.out');
  if (existsSync(cdkOut)) {
    onProgress('No source has changed since the last build; using it again.');
    await utimes(build, new Date(), new Date());
    return cdkOut;
  }
  const workshop = `${build}.${process.pid}`;
  try {
    await mkdir(workshop, { recursive: true });
    onProgress('Bundling the functions …');
    await bundleFunctions({
      functionsDirectory: inProject('functions'),
      outputDirectory: workshop,
      required: [...FUNCTION_NAMES, EXAMPLE_FUNCTION_NAME],
    });
    onProgress('Synthesising the stacks with the CDK (this takes some seconds) …');
    await synthesise({
      settings: DEMO_SETTINGS,
      functionBundles: join(workshop, 'functions'),
      outdir: join(workshop, 'cdk.out'),
    });
    await moveUnlessThere(workshop, build);
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
  await removeUnused();
  return cdkOut;
}

/** Of two builds at once, both of the same sources, the second is thrown away. */
async function moveUnlessThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!existsSync(to)) throw error;
  }
}

/** Builds that another running demo may still read from are left alone. */
async function removeUnused(): Promise<void> {
  for (const name of await readdir(CACHE)) {
    const folder = join(CACHE, name);
    const { mtimeMs } = await stat(folder);
    if (Date.now() - mtimeMs > UNUSED_AFTER_MS) await rm(folder, { recursive: true, force: true });
  }
}
