import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkContents } from '../../verify/package/package-contents.ts';

let unpacked: string;

beforeEach(async () => {
  unpacked = await mkdtemp(join(tmpdir(), 'package-contents-'));
});

afterEach(() => rm(unpacked, { recursive: true, force: true }));

async function decide(path: string, text: string): Promise<readonly string[]> {
  await mkdir(dirname(join(unpacked, path)), { recursive: true });
  await writeFile(join(unpacked, path), text);
  const packed = { tarball: '', packedBytes: 0, files: [{ path, size: text.length }] };
  const complaints = await checkContents(packed, unpacked);
  return complaints.filter((complaint) => !complaint.endsWith('is missing.'));
}

test.each([
  ['local/main.ts'],
  ['test/unit/rotation.test.ts'],
  ['docs/images/demo.png'],
  ['.npmrc'],
  ['dist/functions/example-lightroom-reader/index.mjs'],
  ['dist/esm/functions/rotate/handler.js'],
])('%s does not belong into the package', async (path) => {
  expect(await decide(path, '')).toEqual([`${path} does not belong there.`]);
});

test('what looks like a secret is found', async () => {
  const key = ['AKIA', 'ABCDEFGHIJKLMNOP'].join('');

  expect(await decide('README.md', `export AWS_ACCESS_KEY_ID=${key}`)).toEqual([
    'README.md holds what looks like a secret.',
  ]);
});

test('a path of the machine that built the package is found', async () => {
  expect(await decide('dist/esm/lib/index.js', `const root = '/home/someone/vault';`)).toEqual([
    'dist/esm/lib/index.js names a path of the machine that built it.',
  ]);
});

test('a source map points to nothing outside the package', async () => {
  const map = 'dist/functions/rotate/index.mjs.map';
  const sources = ['../../../functions/rotate/handler.ts', '../../../../elsewhere.ts', 'file:///a.ts'];

  expect(await decide(map, JSON.stringify({ sources }))).toEqual([
    `${map} points outside: ../../../../elsewhere.ts`,
    `${map} points outside: file:///a.ts`,
  ]);
});

test('a file that grew beyond its kind is found, and files that must be there are missed', async () => {
  expect(await decide('LICENSE', 'x'.repeat(200_001))).toEqual(['LICENSE has 200001 bytes.']);
  expect(await checkContents({ tarball: '', packedBytes: 5_000_000, files: [] }, unpacked)).toEqual(
    expect.arrayContaining(['dist/esm/lib/index.d.ts is missing.', 'It packs to 5000000 bytes.']),
  );
});
