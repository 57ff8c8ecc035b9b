import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { transform } from 'esbuild';

const run = promisify(execFile);

/**
 * What an ES module gets of the construct: the very module that `require` gets. The construct keeps in memory which names are
 * taken and which function has a vault, so an app with both kinds of modules must not have it twice.
 */
const CONSTRUCT = `export * from '../../cjs/lib/index.js';\n`;

/**
 * Compiles the construct and the client for consumers, as ES modules into `esm/` and as CommonJS modules into `cjs/`. Each kind
 * has declarations of its own: a compiler takes their kind from the `package.json` beside them.
 * @param root of this project
 * @param outputDirectory the `dist` of the package
 */
export async function compileModules(root: string, outputDirectory: string): Promise<void> {
  const [esm, cjs] = [join(outputDirectory, 'esm'), join(outputDirectory, 'cjs')];
  // The compiler does not remove the output of deleted sources.
  await Promise.all([esm, cjs].map((path) => rm(path, { recursive: true, force: true })));
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const project = join(root, 'tsconfig.package.json');
  await run(process.execPath, [compiler, '-p', project, '--outDir', esm], { cwd: root });
  const files = await readdir(esm, { recursive: true });
  await Promise.all(files.map((file) => writeCommonJs(join(esm, file), join(cjs, file))));
  await writeFile(join(cjs, 'package.json'), JSON.stringify({ type: 'commonjs' }));
  await Promise.all(['lib', 'functions'].map((folder) => rm(join(esm, folder), { recursive: true })));
  await mkdir(join(esm, 'lib'));
  await Promise.all(['index.js', 'index.d.ts'].map((file) => writeFile(join(esm, 'lib', file), CONSTRUCT)));
}

async function writeCommonJs(from: string, to: string): Promise<void> {
  if (!/\.(js|ts)$/.test(from)) return;
  await mkdir(dirname(to), { recursive: true });
  if (from.endsWith('.d.ts')) return cp(from, to);
  const { code } = await transform(await readFile(from, 'utf8'), {
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    charset: 'utf8',
    sourcefile: basename(from),
    // `createRequire` takes the name of the file as well as its URL.
    define: { 'import.meta.url': '__filename' },
  });
  await writeFile(to, code);
}
