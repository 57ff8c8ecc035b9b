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
const ENTRIES = ['client/index.ts', 'client/testing.ts', 'client/contract.ts', 'lib/index.ts'];

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

describe('what the construct throws', () => {
  const CODES = /^ {2}\| '([A-Z_]+)'/gm;
  /** Only `npm run build` throws it. */
  const OF_THE_BUILD = 'HANDLER_MISSING';

  test('is named by code where a reader of the API meets it', async () => {
    const files = [
      'lib/constructs/token-vault.ts',
      'lib/iam/token-vault-grants.ts',
      'lib/deployment-error.ts',
    ];
    const [vault = '', grants = '', errors = ''] = await Promise.all(
      files.map((file) => readFile(inProject(file), 'utf8')),
    );
    const documented = [...`${vault}${grants}`.matchAll(/^ *\*.*$/gm)].join('\n');
    const codes = [...errors.matchAll(CODES)]
      .map(([, code = '']) => code)
      .filter((code) => code !== OF_THE_BUILD);

    expect(codes.length).toBeGreaterThan(5);
    expect(codes.filter((code) => !documented.includes(`\`${code}\``))).toEqual([]);
  });

  test.each(['lib/constructs/token-vault.ts', 'lib/token-vault-stack.ts', 'lib/browser-front-stack.ts'])(
    'the class in %s shows an example',
    async (file) => {
      const source = await readFile(inProject(file), 'utf8');
      const before = source.slice(0, source.indexOf('\nexport class '));
      expect(before.slice(before.lastIndexOf('/**'))).toContain('@example');
    },
  );
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
    '  private readonly four: string;',
    '}',
    '/** Properties. */',
    'export interface SomeProps {',
    '  /** Documented, without its default. */',
    '  readonly five?: string;',
    '}',
    'export type Bare = string;',
    '',
  ].join('\n');

  test('in declarations, members and options', () => {
    expect(lacking('a.ts', source, () => true).map(({ name, lacks }) => `${name} ${lacks}`)).toEqual([
      'SomeOptions.one @default',
      'SomeOptions.two docblock',
      'SomeOptions.three docblock',
      'SomeProps.five @default',
      'Bare docblock',
    ]);
  });

  test('in public declarations only', () => {
    expect(lacking('a.ts', source, (name) => name === 'Bare')).toHaveLength(1);
  });
});
