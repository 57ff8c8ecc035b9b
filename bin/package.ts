import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleCommandLine } from '../lib/packaging/bundle-command-line.ts';
import { bundledPackages } from '../lib/packaging/bundled-packages.ts';
import { compileModules } from '../lib/packaging/compile-modules.ts';
import { thirdPartyNotices } from '../lib/packaging/third-party-notices.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

await compileModules(root, `${root}dist`);
await bundleCommandLine({ entryPoint: `${root}bin/adobe-token-vault.ts`, outputDirectory: `${root}dist` });
const packages = await bundledPackages(`${root}dist/meta`, root);
await writeFile(`${root}dist/THIRD-PARTY-NOTICES.txt`, await thirdPartyNotices(packages));
