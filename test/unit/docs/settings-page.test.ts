import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { vaultSettings } from '../../../lib/settings/vault-settings.ts';
import { ROOT } from '../../../tools/docs/excerpts.ts';
import { settingsPage } from '../../../tools/docs/settings-page.ts';

const page = settingsPage();

test('docs/generated/settings.md says what the schema says (else run: npm run docs)', () => {
  expect(readFileSync(join(ROOT, 'docs/generated/settings.md'), 'utf8')).toBe(page);
});

test.each(Object.keys(vaultSettings.entries))('the page has one row for the setting %s', (name) => {
  expect(page.split(`\n| \`${name}\` |`)).toHaveLength(2);
});

test.each(Object.entries(vaultSettings.entries))('the example of %s is accepted', (name, schema) => {
  const [, , , , example = ''] = rowOf(name).split(/(?<!\\)\|/);
  expect(v.safeParse(schema, JSON.parse(example.trim().slice(1, -1))).issues).toBeUndefined();
});

function rowOf(name: string): string {
  return page.split('\n').find((line) => line.startsWith(`| \`${name}\` |`)) ?? '';
}
