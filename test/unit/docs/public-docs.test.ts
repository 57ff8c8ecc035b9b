import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { lacking, undocumented } from '../../support/docs/public-surface.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

function inProject(path: string): string {
  return join(ROOT, path);
}

/** What consumers import, and the contract that both sides share. */
const ENTRIES = ['client/index.ts', 'client/contract.ts'];

test.each(ENTRIES)(
  'everything that %s exports has a docblock, and every option its default',
  async (entry) => {
    const found = await undocumented(inProject(entry));

    expect(
      found.map(({ file, name, lacks }) => `${file.slice(ROOT.length)}: ${name} lacks a ${lacks}`),
    ).toEqual([]);
  },
);

test('the entry point of the client shows an example and names what it throws', async () => {
  const source = await readFile(inProject('client/token-client.ts'), 'utf8');
  const before = source.slice(0, source.indexOf('export function createTokenClient'));
  const docblock = before.slice(before.lastIndexOf('/**'));

  expect(docblock).toContain('@example');
  expect(docblock).toContain('@throws');
});

describe('what lacks a docblock is found', () => {
  const source = [
    '/** Options. */',
    'export interface SomeOptions {',
    '  /** Documented, without its default. */',
    '  readonly one?: string;',
    '  readonly two: string;',
    '  three(',
    '    argument: string,',
    '  ): void;',
    '}',
    'export type Bare = string;',
    '',
  ].join('\n');

  test('in declarations, members and options', () => {
    expect(lacking('a.ts', source, () => true).map(({ name, lacks }) => `${name} ${lacks}`)).toEqual([
      'SomeOptions.one @default',
      'SomeOptions.two docblock',
      'SomeOptions.three docblock',
      'Bare docblock',
    ]);
  });

  test('in public declarations only', () => {
    expect(lacking('a.ts', source, (name) => name === 'Bare')).toHaveLength(1);
  });
});
