import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as client from '../../../client/index.ts';
import { ROOT } from '../../../tools/docs/excerpts.ts';

const page = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8');
const contract = readFileSync(join(ROOT, 'client/contract.ts'), 'utf8');

test('docs/errors.md has a row for each class of error that the client throws', () => {
  const classes = Object.keys(client).filter((name) => name.endsWith('Error') && name !== 'VaultError');
  const [section = ''] = page.split('## Problems of the HTTP API');
  const documented = [...section.matchAll(/^\| `\w+` \| `(\w+)` \|/gm)].map(([, name]) => name);

  expect(documented.toSorted()).toEqual(classes.filter((name) => name !== 'isVaultError').toSorted());
});

test('docs/errors.md has a row for each code of the HTTP API', () => {
  const union = /export type ProblemCode =([\s\S]*?);/.exec(contract)?.[1] ?? '';
  const codes = [...union.matchAll(/'(\w+)'/g)].map(([, code]) => code);
  const documented = [...page.matchAll(/^\| `(\w+)` \| \d{3} \|/gm)].map(([, code]) => code);

  expect(codes.length).toBeGreaterThan(5);
  expect(documented.toSorted()).toEqual(codes.toSorted());
});
