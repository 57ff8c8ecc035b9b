import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import cdk from '../../cdk.json' with { type: 'json' };
import { createVaultApp } from '../../lib/vault-app.ts';
import { documentedProgram } from '../../test/support/cli/documented-program.ts';
import { createVaultBench } from '../../test/support/synth/vault-bench.ts';
import { STANDARDS } from '../../test/unit/standards/items/standards.ts';
import { CANARY_SCENARIOS, NOT_ACTED_OUT, SCENARIOS } from '../../test/verify/runbooks/scenarios.ts';
import { compliancePage } from '../compliance/compliance-page.ts';
import { complianceResults } from '../compliance/compliance-results.ts';
import { cliPage } from './cli-page.ts';
import { consumerPage } from './consumer-page.ts';
import { pagesOfProject, ROOT, withFreshExcerpts } from './excerpts.ts';
import { DOCUMENTED_SETTINGS, permissionsPage, type SynthesisedTemplate } from './permissions-page.ts';
import { runbooksPage } from './runbooks-page.ts';
import { settingsPage } from './settings-page.ts';
import { standardsPage } from './standards-page.ts';

await writeGenerated('permissions', permissionsPage(await synthesisedTemplate()));
await writeGenerated('consumer', await consumerPageOfProject());
await writeGenerated('settings', settingsPage());
await writeGenerated('standards', standardsPage(STANDARDS));
await writeGenerated('compliance', await compliancePageOfBothLevels());
await writeGenerated('runbooks', runbooksPage([...SCENARIOS, ...CANARY_SCENARIOS], NOT_ACTED_OUT));
await writeGenerated('cli', cliPage(documentedProgram()));
for (const page of await pagesOfProject()) {
  const file = join(ROOT, page);
  const text = await readFile(file, 'utf8');
  const fresh = await withFreshExcerpts(page, text);
  if (fresh !== text) await writeFile(file, fresh);
}

async function writeGenerated(name: string, page: string): Promise<void> {
  await writeFile(join(ROOT, 'docs', 'generated', `${name}.md`), page);
}

async function compliancePageOfBothLevels(): Promise<string> {
  const bench = await createVaultBench();
  try {
    const inLevel = (compliance: 'standard' | 'strict') => {
      return complianceResults(bench.vaultStack({ compliance }));
    };
    return compliancePage({ standard: inLevel('standard'), strict: inLevel('strict') });
  } finally {
    await bench.dispose();
  }
}

async function synthesisedTemplate(): Promise<SynthesisedTemplate> {
  return inDirectory((outdir) => {
    const context = { ...cdk.context, vault: DOCUMENTED_SETTINGS };
    return createVaultApp({ outdir, context }).synth().getStackByName('AdobeTokenVault').template;
  });
}

async function consumerPageOfProject(): Promise<string> {
  return inDirectory((outdir) => consumerPage(new App({ outdir, context: cdk.context })));
}

async function inDirectory<Result>(work: (outdir: string) => Result): Promise<Result> {
  const outdir = await mkdtemp(join(tmpdir(), 'adobe-token-vault-docs-'));
  try {
    return work(outdir);
  } finally {
    await rm(outdir, { recursive: true, force: true });
  }
}
