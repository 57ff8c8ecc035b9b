import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Standard } from './items/item.ts';
import { STANDARDS } from './items/standards.ts';

const STANDARDS_FILE = 'test/unit/standards/standards.test.ts';

function inProject(path: string) {
  return fileURLToPath(new URL(`../../../${path}`, import.meta.url));
}

export function readProjectFile(path: string) {
  return readFile(inProject(path), 'utf8');
}

/** `it('…'`, `test("…"`, `describe.each(…)(`…`` and the like: the name as it stands in the source. */
const NAMED = /(?:^|[\s.])(?:it|test|describe)(?:\.each)?\b[\s\S]*?$/;

/**
 * Whether a file holds a test, or a group of tests, of that name. A name for many cases contains its placeholders. The names
 * of the tests of standards are with their items.
 */
export async function holdsTest(file: string, name: string): Promise<boolean> {
  if (file === STANDARDS_FILE) return STANDARDS.some((standard) => namesOf(standard).includes(name));
  const source = await readProjectFile(file).catch(() => '');
  return ["'", '"', '`']
    .map((quote) => source.indexOf(`${quote}${name}${quote}`))
    .some((at) => at >= 0 && NAMED.test(source.slice(0, at)));
}

/** The names of the tests of a standard, such as `RFC 9207 §4 rejects …`. */
export function namesOf({ name, items }: Standard): readonly string[] {
  return Object.values(items).map(({ section, requirement }) => `${name} §${section} ${requirement}`);
}
