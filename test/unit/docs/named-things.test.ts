import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { pagesOfProject, ROOT } from '../../../tools/docs/excerpts.ts';

/** Decisions are history: they name commands as they were. */
const PAGES = (await pagesOfProject()).filter((page) => !/^docs\/decisions\/\d/.test(page));

test('every script that a page names exists', () => {
  const named = PAGES.flatMap((page) =>
    [...read(page).matchAll(/npm run ([\w:]+)|`((?:verify|test):[\w:]+)`/g)].map(
      ([, script, alone]) => script ?? alone ?? '',
    ),
  );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((name) => !(name in packageJson.scripts))).toEqual([]);
});

test('every log line that the runbooks quote is written by the functions', () => {
  const code = readdirSync(join(ROOT, 'functions'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => read(join('functions', path)))
    .join('\n');
  const page = read('docs/operations.md').replaceAll(/\s+/g, ' ');
  const quoted = [...page.matchAll(/(?:log line|a line says) "([^"]+)"|message = "([^"]+)"/g)].map(
    ([, line, message]) => line ?? message ?? '',
  );

  expect(quoted.length).toBeGreaterThan(5);
  expect(quoted.filter((line) => !code.includes(line))).toEqual([]);
});

/** Names of AWS and Terraform that no code of ours needs. */
const FOREIGN_NAMES = new Set([
  'CreateKey',
  'LastModified',
  'PhysicalResourceId',
  'RedactedFields',
  'ResourceType',
  'ReturnValuesOnConditionCheckFailure',
  'StackResourceSummaries',
  'UPDATE_ROLLBACK_COMPLETE',
  'aws_cloudformation_stack',
  'template_url',
]);
/** A placeholder for `grantAccessTokens` and the like. */
const PLACEHOLDERS = new Set(['grantX']);

test('every identifier that a page names stands in the code', () => {
  const code = ['functions', 'client', 'cli', 'examples', 'lib', 'local', 'test', 'tools', 'docs']
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter((path) => /\.(?:ts|ya?ml|json)$/.test(path))
        .map((path) => join(folder, path)),
    )
    .filter((path) => !path.endsWith('named-things.test.ts'));
  const text = [...code, 'cdk.json', 'package.json'].map(read).join('\n');
  const named = PAGES.flatMap((page) =>
    [
      ...read(page)
        .replaceAll(/^```[\s\S]*?^```$/gm, '')
        .matchAll(/`([^`\n]+)`/g),
    ].flatMap(([, span = '']) => (span.match(/[A-Za-z_]\w{3,}/g) ?? []).map((name) => ({ page, name }))),
  ).filter(({ name }) => /[a-z][A-Z]|_/.test(name) && !FOREIGN_NAMES.has(name) && !PLACEHOLDERS.has(name));

  expect(named.length).toBeGreaterThan(300);
  expect(named.filter(({ name }) => !text.includes(name))).toEqual([]);
});

function read(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}
