import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { excerptsOf, pagesOfProject, ROOT, sourceOf } from '../../../tools/docs/excerpts.ts';
import tsconfig from '../../../tsconfig.json' with { type: 'json' };

const excerpts = (
  await Promise.all(
    (await pagesOfProject()).map(async (page) => excerptsOf(page, await readFile(join(ROOT, page), 'utf8'))),
  )
).flat();

test('every block of TypeScript in the pages names the compiled file it is copied from', () => {
  expect(excerpts.length).toBeGreaterThan(5);
  expect(excerpts.filter(({ source }) => source === undefined)).toEqual([]);
  const isCompiled = (file = '') => tsconfig.include.some((folder) => file.startsWith(`${folder}/`));
  expect(excerpts.filter(({ source }) => !isCompiled(source))).toEqual([]);
});

test.each(excerpts)('$page shows $source as it is', async ({ source = '', code }) => {
  expect(code).toBe(await sourceOf(source));
});

test('the README shows both halves of consuming a token, the stack and the Lambda, and how to connect a user', () => {
  const shown = excerpts.flatMap(({ page, source }) => (page === 'README.md' ? [source] : []));

  expect(shown).toEqual([
    'examples/lightroom-catalog/catalog-stack.ts#consume',
    'examples/lightroom-catalog/handler.ts#consume',
    'examples/connect-users/connect-user.ts#connect',
  ]);
});

test('a block without a source is found', () => {
  expect(excerptsOf('page.md', 'Text\n\n```ts\nlet a = 1;\n```\n')).toEqual([
    { page: 'page.md', source: undefined, code: 'let a = 1;\n' },
  ]);
});
