import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pagesOfProject, ROOT } from '../../../tools/docs/excerpts.ts';

const COLUMNS = 120;
/** Tables, pictures, and what can be broken nowhere: a link, or code in a line. */
const MAY_BE_LONGER = /^\s*(?:\||<|!?\[[^\]]*\]\([^)]*\)\S*$|(?:[-*] |\d+\. )?`[^`]*`\S*$)/;

test('no line of a page is wider than 120 columns, tables and code aside', async () => {
  const pages = await pagesOfProject();
  expect(pages.length).toBeGreaterThan(30);
  expect(pages.flatMap((page) => wideLines(page, readFileSync(join(ROOT, page), 'utf8')))).toEqual([]);
});

test.each([
  ['a'.repeat(121), 1],
  ['a'.repeat(120), 0],
  [`| ${'a'.repeat(121)} |`, 0],
  [`\`\`\`sh\n${'a'.repeat(121)}\n\`\`\``, 0],
  [`   \`${'a'.repeat(121)}\``, 0],
  [`word \`${'a'.repeat(121)}\``, 1],
])('of %j it finds %i', (text, count) => {
  expect(wideLines('page.md', text)).toHaveLength(count);
});

function wideLines(page: string, text: string): readonly string[] {
  let isCode = false;
  return text.split('\n').flatMap((line, at) => {
    if (/^\s*```/.test(line)) isCode = !isCode;
    const isWide = !isCode && line.length > COLUMNS && !MAY_BE_LONGER.test(line);
    return isWide ? [`${page}:${at + 1} has ${line.length} columns`] : [];
  });
}
