import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { cliPage } from '../../../tools/docs/cli-page.ts';
import { documentedProgram } from '../../support/cli/documented-program.ts';

describe('docs/generated/cli.md', () => {
  it('says what the commands are (else run: npm run docs)', async () => {
    const page = await readFile(new URL('../../../docs/generated/cli.md', import.meta.url), 'utf8');
    expect(page).toBe(cliPage(documentedProgram()));
  });
});
