import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { pagesPage } from '../../../tools/screenshots/pages-page.ts';

const PNG = Buffer.from('89504e470d0a1a0a', 'hex');

function inDocs(path: string) {
  return fileURLToPath(new URL(`../../../docs/${path}`, import.meta.url));
}

const LARGEST = { 'generated/pages.md': 40_000, '../README.md': 160_000 };

/** Every picture that a page shows, by its path from that page. */
function picturesIn(markdown: string): string[] {
  return [...markdown.matchAll(/(?:src|srcset)="([^"]+\.png)"|!\[[^\]]*\]\(([^)]+\.png)\)/g)].map(
    ([, inHtml, inMarkdown]) => inHtml ?? inMarkdown ?? '',
  );
}

describe('docs/generated/pages.md', () => {
  it('is what `npm run screenshots` writes', async () => {
    expect(await readFile(inDocs('generated/pages.md'), 'utf8'), 'run `npm run screenshots`').toBe(
      pagesPage(),
    );
  });

  it.each(Object.entries(LARGEST))('%s shows pictures that are there, and small', async (page, largest) => {
    const pictures = picturesIn(await readFile(inDocs(page), 'utf8'));
    expect(pictures.length).toBeGreaterThan(1);
    for (const picture of pictures) {
      const bytes = await readFile(join(inDocs(page), '..', picture));
      expect(bytes.subarray(0, PNG.length), picture).toEqual(PNG);
      expect(bytes.length, picture).toBeLessThan(largest);
    }
  });
});
