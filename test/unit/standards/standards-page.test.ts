import { describe, expect, it } from 'vitest';
import { standardsPage } from '../../../tools/docs/standards-page.ts';
import { STANDARDS } from './items/standards.ts';
import { holdsTest, namesOf, readProjectFile } from './test-names.ts';

describe('docs/generated/standards.md', () => {
  it('says what the items say (else run: npm run docs)', async () => {
    expect(await readProjectFile('docs/generated/standards.md')).toBe(standardsPage(STANDARDS));
  });

  it('names only tests that exist', async () => {
    const references = STANDARDS.flatMap(({ items }) =>
      Object.values(items).flatMap(({ also = [] }) => also),
    );
    expect(references.length).toBeGreaterThan(20);
    for (const { file, name } of references) {
      expect(await holdsTest(file, name), `${file}: ${name}`).toBe(true);
    }
  });

  it('gives every item a section and a name of its own', () => {
    const names = STANDARDS.flatMap(namesOf);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/ §\d+(\.\d+)* [^|\n]+$/);
  });
});

describe('the look-up of tests by name', () => {
  it('finds names as they stand in the source, and no other text', async () => {
    const file = 'test/unit/consent/callback-attacks.test.ts';
    expect(await holdsTest(file, 'several tabs do not disturb each other')).toBe(true);
    expect(await holdsTest(file, 'the state works once')).toBe(true);
    expect(await holdsTest(file, 'several tabs')).toBe(false);
    expect(await holdsTest('test/unit/consent/gone.test.ts', 'the state works once')).toBe(false);
    const standards = 'test/unit/standards/standards.test.ts';
    expect(await holdsTest(standards, 'RFC 9207 §4 rejects an answer with several issuers')).toBe(true);
    expect(await holdsTest(standards, 'RFC 9207 §4')).toBe(false);
  });
});
