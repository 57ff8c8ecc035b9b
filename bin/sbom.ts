import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { shippedMaterials } from '../lib/packaging/bill-of-materials.ts';
import { bundledPackages, identity } from '../lib/packaging/bundled-packages.ts';
import { installedPackages } from '../lib/packaging/installed-packages.ts';
import packageJson from '../package.json' with { type: 'json' };

const root = fileURLToPath(new URL('..', import.meta.url));

const { stdout } = await promisify(execFile)('npm', ['sbom', '--sbom-format', 'cyclonedx'], {
  cwd: root,
  maxBuffer: 2 ** 26,
});
const bundled = new Set((await bundledPackages(`${root}dist/meta`, root)).map(identity));
const lock = JSON.parse(await readFile(`${root}package-lock.json`, 'utf8'));
const installed = new Set(installedPackages(lock.packages).keys());
const bill = shippedMaterials(JSON.parse(stdout), { name: packageJson.name, installed, bundled });
await writeFile(`${root}dist/sbom.cdx.json`, JSON.stringify(bill, null, 2));
console.log(
  `dist/sbom.cdx.json: ${bill.components.length} packages, ${installed.size} installed with it, ${bundled.size} inside its bundles`,
);
