import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bundleCommandLine } from '../../../lib/packaging/bundle-command-line.ts';
import { bundledPackages } from '../../../lib/packaging/bundled-packages.ts';
import { compileModules } from '../../../lib/packaging/compile-modules.ts';
import { thirdPartyNotices } from '../../../lib/packaging/third-party-notices.ts';

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const RELEASED_FILES = ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md'];

export const run = promisify(execFile);

export interface PackedFile {
  readonly path: string;
  readonly size: number;
}

export interface PackedPackage {
  readonly tarball: string;
  readonly packedBytes: number;
  readonly files: readonly PackedFile[];
}

/** The TypeScript compiler of this project, as a command for `run(process.execPath, …)`. */
export const COMPILER = join(ROOT, 'node_modules/typescript/bin/tsc');

/**
 * Does what `npm run package` does, but into a folder of its own and with bundles that are there already.
 * @param built what the build wrote: `functions/` and `meta/`
 */
export async function buildPackage(built: string, directory: string): Promise<void> {
  const dist = join(directory, 'dist');
  await mkdir(dist, { recursive: true });
  await Promise.all([
    ...RELEASED_FILES.map((name) => cp(join(ROOT, name), join(directory, name))),
    cp(built, dist, { recursive: true }),
    compileModules(ROOT, dist),
    bundleCommandLine({ entryPoint: join(ROOT, 'bin/adobe-token-vault.ts'), outputDirectory: dist }),
  ]);
  const notices = await thirdPartyNotices(await bundledPackages(join(dist, 'meta'), ROOT));
  await writeFile(join(dist, 'THIRD-PARTY-NOTICES.txt'), notices);
}

/** Packs a folder as `npm publish` would, without the scripts that build it. */
export async function packDirectory(directory: string, destination: string): Promise<PackedPackage> {
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', destination];
  const { stdout } = await run('npm', args, { cwd: directory });
  const [packed] = Object.values<{ filename: string; size: number; files: PackedFile[] }>(JSON.parse(stdout));
  if (packed === undefined) throw new Error(`npm packed nothing: ${stdout}`);
  return { tarball: join(destination, packed.filename), packedBytes: packed.size, files: packed.files };
}

export interface Manifest {
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional: boolean }>>;
}

export async function readManifest(directory: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(directory, 'package.json'), 'utf8'));
}
