import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

export interface CommandLine {
  readonly entryPoint: string;
  /** Output folder: receives `cli/adobe-token-vault.mjs` and `meta/command-line.json`. */
  readonly outputDirectory: string;
}

/** Some dependencies of the command line are CommonJS and `require` Node's modules. */
const REQUIRE = `import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);`;

/**
 * Bundles the command line with everything it imports, so that an application that installs the package for its client
 * gets none of these dependencies. Unlike the functions, it keeps every credential provider.
 */
export async function bundleCommandLine({ entryPoint, outputDirectory }: CommandLine): Promise<void> {
  const outfile = join(outputDirectory, 'cli/adobe-token-vault.mjs');
  const { metafile } = await build({
    entryPoints: [entryPoint],
    outfile,
    bundle: true,
    minify: true,
    // Keeps the names of errors and commands readable in reports from operators.
    keepNames: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    mainFields: ['module', 'main'],
    banner: { js: REQUIRE },
    charset: 'utf8',
    legalComments: 'none',
    metafile: true,
    logLevel: 'silent',
  });
  await chmod(outfile, 0o755);
  await mkdir(join(outputDirectory, 'meta'), { recursive: true });
  await writeFile(join(outputDirectory, 'meta/command-line.json'), JSON.stringify(metafile));
}
