import { rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleCommandLine } from '../lib/packaging/bundle-command-line.ts';
import { bundledPackages } from '../lib/packaging/bundled-packages.ts';
import { thirdPartyNotices } from '../lib/packaging/third-party-notices.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

// The compiler runs next, and does not remove the output of deleted sources.
await rm(`${root}dist/esm`, { recursive: true, force: true });
await bundleCommandLine({ entryPoint: `${root}bin/adobe-token-vault.ts`, outputDirectory: `${root}dist` });
const packages = await bundledPackages(`${root}dist/meta`, root);
await writeFile(`${root}dist/THIRD-PARTY-NOTICES.txt`, await thirdPartyNotices(packages));
