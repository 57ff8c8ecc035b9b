import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { documentedProgram } from '../../support/cli/documented-program.ts';
import { cliPage } from './cli-page.ts';

const page = fileURLToPath(new URL('../../../docs/cli.md', import.meta.url));

await writeFile(page, cliPage(documentedProgram()));
