import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleFunctions } from '../../lib/packaging/bundling.ts';

describe('the build', () => {
  let project: string;
  const built = (name: string) => join(project, 'dist/functions', name);
  const build = (required: readonly string[]) =>
    bundleFunctions({
      functionsDirectory: join(project, 'functions'),
      outputDirectory: join(project, 'dist'),
      required,
    });

  async function write(path: string, content: string): Promise<void> {
    await mkdir(dirname(join(project, path)), { recursive: true });
    await writeFile(join(project, path), content);
  }

  beforeAll(async () => {
    project = await mkdtemp(join(tmpdir(), 'bundling-'));
    await write(
      'functions/core/greeting.ts',
      `export const greeting = (name: string): string => 'hello ' + name;\n`,
    );
    await write(
      'functions/greet/handler.ts',
      `import { greeting } from '../core/greeting.ts';\nexport const handler = async (): Promise<string> => greeting('you');\n`,
    );
    await write('dist/functions/removed/index.mjs', 'export const handler = 1;\n');
  });

  afterAll(() => rm(project, { recursive: true, force: true }));

  it('makes one module of every folder with a handler, and of no other', async () => {
    const bundled = await build(['greet']);

    expect(bundled).toEqual([{ name: 'greet', bytes: expect.any(Number) }]);
    const { handler } = (await import(pathToFileURL(join(built('greet'), 'index.mjs')).href)) as {
      handler(): Promise<string>;
    };
    await expect(handler()).resolves.toBe('hello you');
  });

  it('removes what an earlier build left', async () => {
    await build(['greet']);

    expect(existsSync(built('removed'))).toBe(false);
  });

  it('maps the minified code to its source without carrying the source along', async () => {
    await build(['greet']);

    const code = await readFile(join(built('greet'), 'index.mjs'), 'utf8');
    const map = JSON.parse(await readFile(join(built('greet'), 'index.mjs.map'), 'utf8')) as Record<
      string,
      unknown
    >;
    expect(code).toContain('//# sourceMappingURL=index.mjs.map');
    expect(map).toMatchObject({ sources: [expect.stringContaining('greeting.ts'), expect.anything()] });
    expect(map.sourcesContent).toBeUndefined();
  });

  it('keeps what went into each bundle, for measuring', async () => {
    await build(['greet']);

    const meta = JSON.parse(await readFile(join(project, 'dist/meta/greet.json'), 'utf8')) as {
      inputs: object;
    };
    expect(Object.keys(meta.inputs).some((path) => path.endsWith('functions/core/greeting.ts'))).toBe(true);
  });

  it('fails when a function has no handler, and names the file', async () => {
    await expect(build(['greet', 'rotate', 'reconcile'])).rejects.toThrow(
      `A handler is missing: ${join(project, 'functions/rotate/handler.ts')}, ${join(project, 'functions/reconcile/handler.ts')}`,
    );
  });
});
