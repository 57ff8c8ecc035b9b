import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from '@swc/core';
import { describe, expect, it } from 'vitest';
import { SCENARIOS } from '../../verify/faults/scenarios.ts';
import { always, become, type Change, drop, never, replace } from '../../verify/mutants/changes.ts';
import { editOf, locateChange, unlocatedRows, withEdits } from '../../verify/mutants/locate-change.ts';
import { findSymbol, ROOT, sourceOf, symbolIn } from '../../verify/mutants/source-symbols.ts';
import { MUTANTS } from '../../verify/mutants/table/mutants.ts';

/** What the change makes of a symbol `it`. */
function changed(source: string, change: Change): string {
  return withEdits(source, [editOf(symbolIn('sample.ts', source, 'it'), change)]);
}

/** Values that a test puts into its name divide it into a few pieces; a number may be written in another way. */
const MOST_PIECES = 4;

/** Whether the test file, or a file that it imports, has the text of a test's name or message. */
function isSaidIn(file: string, says: string): boolean {
  const own = readFileSync(join(ROOT, file), 'utf8');
  const imported = [...own.matchAll(/from '(\.[^']+)'/g)].map(([, path = '']) =>
    join(ROOT, file, '..', path),
  );
  const text = [own, ...imported.map((path) => readFileSync(path, 'utf8'))].join('\n');
  const words = says.split(' ').filter((word) => !/^\d+$/.test(word));
  let pieces = 0;
  for (let from = 0, to = words.length; from < words.length; from = to, to = words.length, pieces += 1) {
    while (to > from && !text.includes(words.slice(from, to).join(' '))) to -= 1;
    if (to === from) return false;
  }
  return pieces <= MOST_PIECES;
}

describe('A row of the table of mutants', () => {
  it('names a place that is in the source exactly once', () => {
    expect(unlocatedRows(MUTANTS), 'rows to repair in test/verify/mutants/table').toEqual([]);
  });

  it('changes the source, and leaves it well-formed', () => {
    for (const { safeguard, changes } of MUTANTS) {
      const edits = changes.map(locateChange);
      for (const { file } of edits) {
        const text = withEdits(
          sourceOf(file),
          edits.filter((edit) => edit.file === file),
        );
        expect(text, safeguard).not.toBe(sourceOf(file));
        expect(() => parseSync(text, { syntax: 'typescript' }), safeguard).not.toThrow();
      }
    }
  });

  it('is counted in the guide: a safeguard that moves keeps its row', () => {
    const guide = readFileSync(join(ROOT, 'docs/rotation.md'), 'utf8');
    const { length } = MUTANTS;
    expect(guide).toContain(`| ${length} safeguards removed, ${length} noticed |`);
  });

  it('names a test, or a scenario, that exists', () => {
    const scenarios = SCENARIOS.map(({ name }) => name);
    const unknown = MUTANTS.flatMap(({ noticedBy }) => noticedBy).flatMap(({ proof, says }) => {
      if (proof.kind === 'test file') return isSaidIn(proof.file, says) ? [] : [`${proof.file}: ${says}`];
      return !('scenario' in proof) || scenarios.includes(proof.scenario) ? [] : [proof.scenario];
    });
    expect(unknown, 'tests that were renamed: rows to repair in test/verify/mutants/table').toEqual([]);
  });

  it.each([
    ['an unknown symbol, with the nearest', 'passGat', 'passGate (functions/'],
    ['a name of several files', 'TIMEOUT_MS', 'more than one symbol TIMEOUT_MS: say '],
    [
      'an unknown function within a symbol',
      'createFakeConnectionStore.take',
      'it has createFakeConnectionStore, ',
    ],
  ])('fails on %s', (_, symbol, message) => {
    expect(() => findSymbol(symbol)).toThrow(message);
  });

  it.each([
    ['absent', "'no such text'", 'holds this 0 times'],
    ['there twice', 'nowMs', 'times, not once'],
    ['in another symbol', 'MAX_DISPLACED)', 'these hold it: displacedChanges (functions/'],
    ['not in a condition', 'run:', 'has no condition in which this begins: run:'],
  ])('fails when its fragment is %s', (_, fragment, message) => {
    expect(() => locateChange(never('passGate', fragment))).toThrow(message);
  });
});

describe('A change', () => {
  const conditions = 'function it(a, b) {\n  if (a && b.c) return 1;\n  return b.d ? 2 : 3;\n}';

  it('makes a condition never or always apply', () => {
    expect(changed(conditions, never('it', 'a &&'))).toContain('if (false) return 1;');
    expect(changed(conditions, always('it', 'b.d ? 2'))).toContain('return true ? 2 : 3;');
    expect(() => changed(conditions, never('it'))).toThrow('2 conditions, not one');
  });

  it.each([
    ['an operand', 'const it = (a) => a.b > 1 && (a.c || a.d);', '.c', 'const it = (a) => a.b > 1 && (a.d);'],
    ['a property', 'const it = { a: 1, b, ...(c && d), };', '...(c', 'const it = { a: 1, b };'],
    ['the only element', 'const it = [\n  a(1),\n];', 'a(1)', 'const it = [\n  \n];'],
    ['an argument', "const it = f('é', ...g(1), 2);", 'g(', "const it = f('é', 2);"],
    [
      'a call',
      'async function it() {\n  await a();\n  return 1;\n}',
      'a()',
      'async function it() {\n  \n  return 1;\n}',
    ],
  ])('drops %s', (_, source, fragment, expected) => {
    expect(changed(source, drop('it', fragment))).toBe(expected);
  });

  it.each([
    ['function it(a: string): string {\n  return a;\n}', 'function it(a: string): string { return 7; }'],
    ['export const it = 5 * MINUTE_MS;', 'export const it = 7;'],
    ['const it = (a: string) => a;', 'const it = (a: string) => (7);'],
  ])('makes another value of %s', (source, expected) => {
    expect(changed(source, become('it', '7'))).toBe(expected);
  });

  it('fails when it overlaps another', () => {
    const text = 'const it = a && b && c;';
    const symbol = symbolIn('sample.ts', text, 'it');
    const edits = [drop('it', 'b &&'), drop('it', 'c')].map((change) => editOf(symbol, change));
    expect(() => withEdits(text, edits)).toThrow('two changes overlap in sample.ts');
  });

  it('replaces a fragment whatever its layout, by whole words alone', () => {
    const source = 'function it() {\n  // a(b, c)\n  return xa(b) + a(\n    b,\n    c, // Why.\n  );\n}';
    expect(changed(source, replace('it', 'a(b, c)', '0'))).toBe(
      'function it() {\n  // a(b, c)\n  return xa(b) + 0;\n}',
    );
  });
});
