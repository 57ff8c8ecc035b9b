import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { COMPILER, ROOT, run } from './packed-package.ts';

const SOURCES = fileURLToPath(new URL('consumer', import.meta.url));

/** How a consumer's project is set up: strict, and with any module resolution. */
const RESOLUTIONS = {
  NodeNext: { module: 'nodenext' },
  Bundler: { module: 'esnext', moduleResolution: 'bundler' },
} as const;

interface Compilation {
  readonly resolution: keyof typeof RESOLUTIONS;
  readonly skipLibCheck: boolean;
  /** Default: this project's own. */
  readonly compiler?: string;
}

/** An empty project outside this one, in which only the named packages are installed. */
export interface ConsumerProject {
  readonly directory: string;
  /** Unpacks the tarball as npm would. */
  install(tarball: string): Promise<void>;
  /** Links packages of this project, each under its own name, so that an undeclared one is missing. */
  link(names: Iterable<string>): Promise<void>;
  /** Compiles some of the consumer's sources into `out/`. @throws with the compiler's output */
  compile(files: readonly string[], settings: Compilation): Promise<void>;
  /** Runs what was compiled with plain Node. */
  node(file: string, args?: readonly string[], env?: Readonly<Record<string, string>>): Promise<string>;
}

/** @param linked packages of this project that are there from the start */
export async function createConsumerProject(
  directory: string,
  linked: readonly string[] = ['@types/node'],
): Promise<ConsumerProject> {
  const modules = join(directory, 'node_modules');
  await cp(SOURCES, directory, { recursive: true });
  await writeFile(join(directory, 'package.json'), JSON.stringify({ name: 'consumer', type: 'module' }));
  const link = async (names: Iterable<string>): Promise<void> => {
    for (const name of names) {
      await mkdir(dirname(join(modules, name)), { recursive: true });
      await symlink(join(ROOT, 'node_modules', name), join(modules, name));
    }
  };
  await link(linked);

  return {
    directory,
    link,
    install: async (tarball) => {
      const installed = join(modules, 'adobe-token-vault');
      await mkdir(installed, { recursive: true });
      await run('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
    },
    compile: async (files, { resolution, skipLibCheck, compiler = COMPILER }) => {
      const compilerOptions = {
        ...RESOLUTIONS[resolution],
        target: 'es2023',
        strict: true,
        rewriteRelativeImportExtensions: true,
        skipLibCheck,
        types: ['node'],
        outDir: 'out',
      };
      await writeFile(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
      try {
        await run(process.execPath, [compiler, '-p', directory]);
      } catch (cause) {
        throw new Error(String((cause as { stdout?: string }).stdout), { cause });
      }
    },
    node: async (file, args = [], env = {}) => {
      const { PATH = '' } = process.env;
      const { stdout } = await run(process.execPath, [join(directory, 'out', file), ...args], {
        cwd: directory,
        env: { PATH, ...env },
      });
      return stdout;
    },
  };
}
