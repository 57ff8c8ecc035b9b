import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pagesOfProject, ROOT, withFreshExcerpts } from './excerpts.ts';

for (const page of await pagesOfProject()) {
  const file = join(ROOT, page);
  const text = await readFile(file, 'utf8');
  const fresh = await withFreshExcerpts(page, text);
  if (fresh !== text) await writeFile(file, fresh);
}
