import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { STANDARDS } from './items/standards.ts';
import { standardsPage } from './standards-page.ts';

const page = fileURLToPath(new URL('../../../docs/standards.md', import.meta.url));

await writeFile(page, standardsPage(STANDARDS));
