import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { documentedProgram } from '../../support/cli/documented-program.ts';
import { cliPage } from './cli-page.ts';

describe('docs/cli.md', () => {
  it('says what the commands are (else run: npm run docs)', async () => {
    const page = await readFile(new URL('../../../docs/cli.md', import.meta.url), 'utf8');
    expect(page).toBe(cliPage(documentedProgram()));
  });
});
