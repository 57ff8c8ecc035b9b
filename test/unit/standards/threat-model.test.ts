import { describe, expect, it } from 'vitest';
import { holdsTest, readProjectFile } from './test-names.ts';

/** `` `test/….ts`: name ``, up to the next one or the end of the cell. */
const REFERENCE = /`(test\/[^`]+\.test\.ts)`: (.+?)(?=<br>| \|$)/gm;

describe('docs/threat-model.md', async () => {
  const page = await readProjectFile('docs/threat-model.md');
  const threats = page.split('\n').filter((line) => line.startsWith('| ') && line.split(' | ').length === 3);
  const rows = threats.filter(
    (line) => !/^\| (threat|asset) \||^\|---/.test(line) && line.includes('`test/'),
  );

  it('answers every threat, and names a test for each answer', () => {
    const chapters = page.split('\n## ').filter((chapter) => chapter.includes('| threat | answer | test |'));
    for (const chapter of chapters) {
      const table = chapter
        .split('\n')
        .filter((line) => line.startsWith('| ') && !line.startsWith('| threat'));
      for (const line of table) expect(line).toMatch(/^\| [^|]+ \| [^|]+ \| `test\/[^|]+ \|$/);
    }
    expect(rows.length).toBeGreaterThan(30);
  });

  it('names only tests that exist', async () => {
    const references = [...page.matchAll(REFERENCE)];
    expect(references.length).toBe(page.split('`test/').length - 1);
    for (const [, file = '', name = ''] of references) {
      expect(await holdsTest(file, name), `${file}: ${name}`).toBe(true);
    }
  });
});
