import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { DeploymentError } from '../deployment-error.ts';
import { leanVendorCode } from './lean-vendor-code.ts';

export interface Bundling {
  /** Holds one folder per function; a folder is a function if it has a `handler.ts`. */
  readonly functionsDirectory: string;
  /** Output folder: receives `functions/<name>/index.mjs` and `meta/<name>.json`. Earlier output is removed. */
  readonly outputDirectory: string;
  /** Functions that must be among them. */
  readonly required: readonly string[];
}

export interface BundledFunction {
  readonly name: string;
  readonly bytes: number;
}

const HANDLER = 'handler.ts';

/** Bundles every function, each into one module with everything it imports, the AWS SDK included. */
export async function bundleFunctions(bundling: Bundling): Promise<readonly BundledFunction[]> {
  const { functionsDirectory, outputDirectory, required } = bundling;
  const names = await functionNames(functionsDirectory);
  const missing = required.filter((name) => !names.includes(name));
  if (missing.length > 0) {
    const files = missing.map((name) => join(functionsDirectory, name, HANDLER)).join(', ');
    throw new DeploymentError('HANDLER_MISSING', `A handler is missing: ${files}`);
  }
  const bundles = join(outputDirectory, 'functions');
  const meta = join(outputDirectory, 'meta');
  await Promise.all([bundles, meta].map((path) => rm(path, { recursive: true, force: true })));
  await mkdir(meta, { recursive: true });
  return Promise.all(
    names.map(async (name) => {
      const metafile = await bundle(
        join(functionsDirectory, name, HANDLER),
        join(bundles, name, 'index.mjs'),
      );
      await writeFile(join(meta, `${name}.json`), JSON.stringify(metafile));
      const code = Object.entries(metafile.outputs).find(([path]) => path.endsWith('.mjs'));
      return { name, bytes: code?.[1].bytes ?? 0 };
    }),
  );
}

async function functionNames(directory: string): Promise<string[]> {
  const entries = await readdir(directory);
  return entries.filter((name) => existsSync(join(directory, name, HANDLER))).sort();
}

/** The esbuild options of a function's bundle. */
export const FUNCTION_BUNDLE = {
  bundle: true,
  minify: true,
  platform: 'node',
  format: 'esm',
  // The oldest Node that the bundles run on outside AWS.
  target: 'node20',
  // The ES modules of the SDK: half the size, and no `require` that an ES module would lack.
  mainFields: ['module', 'main'],
  sourcemap: 'linked',
  sourcesContent: false,
  charset: 'utf8',
  legalComments: 'none',
  plugins: [leanVendorCode],
  logLevel: 'silent',
} satisfies BuildOptions;

async function bundle(entryPoint: string, outfile: string) {
  const { metafile } = await build({
    entryPoints: [entryPoint],
    outfile,
    ...FUNCTION_BUNDLE,
    metafile: true,
  });
  return metafile;
}
