import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundledPackages } from '../../../lib/packaging/bundled-packages.ts';
import { thirdPartyNotices } from '../../../lib/packaging/third-party-notices.ts';

let root: string;

async function write(path: string, content: string | object): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
}

const used = { bytesInOutput: 10 };
const unused = { bytesInOutput: 0 };

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'third-party-notices-'));
  await write('node_modules/one/package.json', { name: 'one', version: '1.2.3', license: 'MIT' });
  await write('node_modules/one/LICENSE', 'Permission is granted.\r\n');
  await write('node_modules/@a/two/package.json', { name: '@a/two', version: '2.0.0', license: 'MIT' });
  await write('node_modules/@a/two/license.md', 'Permission is granted.');
  await write('node_modules/@a/two/node_modules/one/package.json', {
    name: 'one',
    version: '0.9.0',
    license: 'ISC',
  });
  const inputs = {
    'functions/rotate/handler.ts': used,
    'node_modules/one/index.js': used,
    'node_modules/@a/two/lib/a.js': used,
    'node_modules/@a/two/node_modules/one/index.js': used,
    'node_modules/shaken-off/index.js': unused,
  };
  await write('meta/rotate.json', { outputs: { 'dist/index.mjs': { inputs } } });
  await write('meta/guard.json', {
    outputs: { 'dist/index.mjs': { inputs: { 'node_modules/one/b.js': used } } },
  });
});

afterAll(() => rm(root, { recursive: true, force: true }));

test('a package is bundled when something of it is in a bundle, in each version of its own', async () => {
  const packages = await bundledPackages(join(root, 'meta'), root);

  expect(packages.map(({ name, version }) => `${name}@${version}`)).toEqual([
    '@a/two@2.0.0',
    'one@0.9.0',
    'one@1.2.3',
  ]);
});

test('each package is named with its licence text, shared texts once', async () => {
  const notices = await thirdPartyNotices(await bundledPackages(join(root, 'meta'), root));

  expect(notices).toContain('@a/two@2.0.0 (MIT)\none@1.2.3 (MIT)\n\nPermission is granted.\n');
  expect(notices).toContain(
    'one@0.9.0 (ISC)\n\nIts package states the licence ISC and brings no text of it.',
  );
  expect(notices.match(/Permission is granted/g)).toHaveLength(1);
});
