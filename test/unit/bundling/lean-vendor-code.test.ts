import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leanVendorCode, withPlainKeys } from '../../../lib/packaging/lean-vendor-code.ts';

describe('a bundle with a package in it', () => {
  let project: string;
  const file = (path: string) => join(project, path);
  const map = async () =>
    JSON.parse(await readFile(file('out/index.mjs.map'), 'utf8')) as { mappings: string };

  beforeAll(async () => {
    project = await mkdtemp(join(tmpdir(), 'lean-vendor-code-'));
    const write = async (path: string, code: string) => {
      await mkdir(dirname(file(path)), { recursive: true });
      await writeFile(file(path), code);
    };
    await write('node_modules/polite/package.json', '{"main":"manners.js","type":"module"}');
    await write(
      'node_modules/polite/manners.js',
      '// A line.\n// Another line.\nexport const call = (run) => {\n  const answer = run();\n  return answer;\n};\n',
    );
    await write(
      'node_modules/@aws-sdk/credential-provider-node/package.json',
      '{"main":"all.js","type":"module"}',
    );
    await write(
      'node_modules/@aws-sdk/credential-provider-node/all.js',
      `export const defaultProvider = () => 'chain';`,
    );
    await write(
      'node_modules/@aws-sdk/credential-provider-env/package.json',
      '{"main":"env.js","type":"module"}',
    );
    await write(
      'node_modules/@aws-sdk/credential-provider-env/env.js',
      `export const fromEnv = () => 'environment';`,
    );
    await write(
      'entry.ts',
      `import { call } from 'polite';
import { defaultProvider } from '@aws-sdk/credential-provider-node';

console.log(defaultProvider());
call(() => {
  throw new Error('no');
});
`,
    );
    await build({
      entryPoints: [file('entry.ts')],
      outfile: file('out/index.mjs'),
      bundle: true,
      minify: true,
      platform: 'node',
      format: 'esm',
      sourcemap: 'linked',
      sourcesContent: false,
      plugins: [leanVendorCode],
    });
  });
  afterAll(() => rm(project, { recursive: true, force: true }));

  it('maps our own frames to their lines, and leaves those of a package where they are in the bundle', async () => {
    const { stderr } = spawnSync(process.execPath, ['--enable-source-maps', file('out/index.mjs')], {
      encoding: 'utf8',
    });
    expect(stderr).toContain('entry.ts:6:9');
    expect(stderr).toMatch(/at \w+ \(file:.*out\/index\.mjs:1:\d+\)/);
    // One mapping for the package and a few for each of our own names.
    expect((await map()).mappings.length).toBeLessThan(120);
  });

  it('takes credentials from the environment alone', () => {
    const { stdout } = spawnSync(process.execPath, [file('out/index.mjs')], { encoding: 'utf8' });
    expect(stdout).toBe('environment\n');
  });
});

describe('a schema with plain keys', () => {
  it('says the same as before', async () => {
    const schemas = [
      'const _h = "http";',
      'const _hE = "httpError";',
      'const unknown = _h + _hE;',
      'export var A$ = [{ [_hE]: 400, [_h]: [`GET`, _h] }, [_h], { [unknown]: 1 }];',
    ].join('\n');
    const evaluate = (code: string): Promise<object> =>
      import(`data:text/javascript,${encodeURIComponent(code)}`);
    const plain = withPlainKeys(schemas);
    expect(plain).toContain('[{ "httpError": 400, "http": [`GET`, _h] }, [_h], { [unknown]: 1 }]');
    expect(await evaluate(plain)).toEqual(await evaluate(schemas));
  });
});
