import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CaseTable } from './case-table.ts';
import { COMPILER, run } from './packed-package.ts';

/** The oldest that we promise, and the last ones before two changes of how modules are found; each major version since. */
const COMPILERS = ['5.2.2', '5.6.3', '5.9.3', '6.0.3'] as const;
const OWN = 'of this project';

interface ModuleSystem {
  readonly name: string;
  /** What the consumer's `package.json` says. */
  readonly type: 'commonjs' | 'module';
  readonly settings: Readonly<Record<string, string>>;
}

const MODULE_SYSTEMS: readonly ModuleSystem[] = [
  { name: 'CommonJS with NodeNext', type: 'commonjs', settings: { module: 'nodenext' } },
  { name: 'module: commonjs', type: 'commonjs', settings: { module: 'commonjs' } },
  { name: 'ES modules with NodeNext', type: 'module', settings: { module: 'nodenext' } },
  {
    name: 'ES modules with Bundler',
    type: 'module',
    settings: { module: 'esnext', moduleResolution: 'bundler' },
  },
];

const SOURCE = `import { TokenVault, type TokenVaultSettings } from 'adobe-token-vault';
import { type AccessToken, createTokenClient, isVaultError } from 'adobe-token-vault/client';
import { createFakeTokenClient } from 'adobe-token-vault/testing';

export async function tokenOf(connectionId: string): Promise<string> {
  try {
    const token: AccessToken = await createTokenClient().getAccessToken(connectionId);
    return token.accessToken;
  } catch (error) {
    // @ts-expect-error the union of codes is closed: no type has become \`any\`
    if (isVaultError(error) && error.code === 'connection_lost') return 'never';
    throw error;
  }
}

export const scopes = (settings: TokenVaultSettings): readonly string[] => settings.scopes;
console.log(typeof TokenVault, typeof createTokenClient, typeof createFakeTokenClient);
`;

/**
 * Compiles and runs one source in each module system, with each compiler.
 * @param project has the package and the CDK in its `node_modules`
 */
export async function verifyModuleSystems(table: CaseTable, project: string): Promise<void> {
  const directory = join(project, 'module-systems');
  const compilers = new Map<string, string>([[OWN, COMPILER]]);
  await table.run('npm install of older compilers', async () => {
    await mkdir(directory);
    await writeFile(join(directory, 'package.json'), '{}');
    const aliases = COMPILERS.map((version) => `typescript-${version}@npm:typescript@${version}`);
    await run('npm', ['install', '--no-audit', '--no-fund', ...aliases], { cwd: directory });
    for (const version of COMPILERS) {
      compilers.set(version, join(directory, `node_modules/typescript-${version}/bin/tsc`));
    }
    return COMPILERS.join(', ');
  });
  for (const { name, type, settings } of MODULE_SYSTEMS) {
    await table.run(name, async () => {
      await writeProject(directory, type, settings);
      for (const [version, compiler] of compilers) await compileAndRun(directory, version, compiler);
      return `with TypeScript ${[...compilers.keys()].join(', ')}`;
    });
  }
}

async function writeProject(
  directory: string,
  type: ModuleSystem['type'],
  settings: ModuleSystem['settings'],
): Promise<void> {
  const compilerOptions = {
    ...settings,
    target: 'es2022',
    strict: true,
    skipLibCheck: true,
    types: ['node'],
    // Node's types lie in the project above.
    typeRoots: ['../node_modules/@types'],
    rootDir: '.',
    outDir: 'out',
  };
  await Promise.all([
    writeFile(join(directory, 'package.json'), JSON.stringify({ type })),
    writeFile(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['app.ts'] })),
    writeFile(join(directory, 'app.ts'), SOURCE),
  ]);
}

async function compileAndRun(directory: string, version: string, compiler: string): Promise<void> {
  try {
    await run(process.execPath, [compiler, '-p', directory]);
    const { stdout } = await run(process.execPath, [join(directory, 'out/app.js')]);
    assert.equal(stdout, 'function function function\n');
  } catch (cause) {
    const { stdout = '', message } = cause as { readonly stdout?: string; readonly message: string };
    throw new Error(`TypeScript ${version}: ${stdout === '' ? message : stdout}`, { cause });
  }
}
