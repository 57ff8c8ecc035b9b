import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const AREAS = ['functions', 'client', 'cli'];
/** Each Lambda has these, and a package its entry. */
const ROLES = ['handler.ts', 'env.ts', 'route.ts', 'event.ts', 'index.ts'];
/** What each Lambda's entry exports. */
const ROLE_EXPORTS = ['handler'];

const DECLARATION =
  /^export (?:declare )?(?:async )?(?:abstract )?(?:function\*?|const|let|class|interface|type) (\w+)/gm;

async function filesOf(area: string): Promise<readonly string[]> {
  const names = await readdir(join(ROOT, area), { recursive: true });
  return names.filter((name) => name.endsWith('.ts')).map((name) => join(area, name));
}

/** @returns each name that stands in more than one place, with its places */
function repeated(found: readonly (readonly [name: string, place: string])[]): readonly string[] {
  const places = new Map<string, string[]>();
  for (const [name, place] of found) places.set(name, [...(places.get(name) ?? []), place]);
  return [...places].flatMap(([name, at]) => (at.length > 1 ? [`${name}: ${at.join(', ')}`] : []));
}

function declaredIn(source: string): readonly string[] {
  const names = [...source.matchAll(DECLARATION)].map(([, name = '']) => name);
  // An overload, or a type and a value of one name, is one thing.
  return [...new Set(names)].filter((name) => !ROLE_EXPORTS.includes(name));
}

const files = (await Promise.all(AREAS.map(filesOf))).flat();

describe('in functions/, client/ and cli/', () => {
  it('no two files have the same name', () => {
    const named = files.map((file) => [basename(file), file] as const);

    expect(files.length).toBeGreaterThan(50);
    expect(repeated(named.filter(([name]) => !ROLES.includes(name)))).toEqual([]);
  });

  it('no two files export the same name', async () => {
    const exported = await Promise.all(
      files.map(async (file) => {
        const names = declaredIn(await readFile(join(ROOT, file), 'utf8'));
        return names.map((name) => [name, file] as const);
      }),
    );

    expect(exported.flat().length).toBeGreaterThan(200);
    expect(repeated(exported.flat())).toEqual([]);
  });

  it('a repeated name is found', () => {
    const one = declaredIn('export interface Kept {}\nexport async function keep() {}\nconst own = 1;\n');

    expect(one).toEqual(['Kept', 'keep']);
    expect(repeated(one.flatMap((name) => [[name, 'a.ts'] as const, [name, 'b.ts'] as const]))).toEqual([
      'Kept: a.ts, b.ts',
      'keep: a.ts, b.ts',
    ]);
  });
});
