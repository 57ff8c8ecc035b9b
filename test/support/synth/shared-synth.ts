import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { bundleRealFunctions } from './function-bundles.ts';
import { synthesise } from './synthesise.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Cloud assembly of the vault and the example consumer, with the real bundles. */
    cdkOut: string;
    /** The bundles it was made from, one folder per function. */
    functionBundles: string;
  }
}

interface SharedSynth {
  readonly directory: string;
  readonly cdkOut: string;
  readonly functionBundles: string;
  users: number;
}

/** Every project of one test run loads this module for itself; the result is kept where all of them find it. */
const KEY = Symbol.for('adobe-token-vault.shared-synth');
const shared: typeof globalThis & { [KEY]?: Promise<SharedSynth> } = globalThis;

async function synthesiseOnce(): Promise<SharedSynth> {
  const directory = await mkdtemp(join(tmpdir(), 'adobe-token-vault-synth-'));
  const functionBundles = await bundleRealFunctions(join(directory, 'dist'));
  const cdkOut = join(directory, 'cdk.out');
  synthesise({ functionBundles, outdir: cdkOut, context: { example: 'true' } });
  return { directory, cdkOut, functionBundles, users: 0 };
}

export async function setup(project: TestProject): Promise<void> {
  shared[KEY] ??= synthesiseOnce();
  const synth = await shared[KEY];
  synth.users += 1;
  project.provide('cdkOut', synth.cdkOut);
  project.provide('functionBundles', synth.functionBundles);
}

export async function teardown(): Promise<void> {
  const synth = await shared[KEY];
  if (synth === undefined) return;
  synth.users -= 1;
  if (synth.users > 0) return;
  delete shared[KEY];
  await rm(synth.directory, { recursive: true, force: true });
}
