import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import cdk from '../cdk.json' with { type: 'json' };
import { DOCUMENTED_SETTINGS, permissionsPage } from '../lib/iam/permissions-page.ts';
import { createVaultApp } from '../lib/vault-app.ts';

const generated = fileURLToPath(new URL('../docs/generated', import.meta.url));
const outdir = await mkdtemp(join(tmpdir(), 'adobe-token-vault-docs-'));

try {
  const context = { ...cdk.context, vault: DOCUMENTED_SETTINGS };
  const { template } = createVaultApp({ outdir, context }).synth().getStackByName('AdobeTokenVault');
  await mkdir(generated, { recursive: true });
  await writeFile(join(generated, 'permissions.md'), permissionsPage(template));
} finally {
  await rm(outdir, { recursive: true, force: true });
}
