import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import cdk from '../cdk.json' with { type: 'json' };
import { DeploymentError } from '../lib/deployment-error.ts';
import { writePlainTemplate } from '../lib/packaging/plain-template.ts';
import { createVaultApp } from '../lib/vault-app.ts';

const HELP = `Usage: npm run template -- [options]

Writes the vault as a CloudFormation template that deploys without the CDK, and the code of its functions next to it.

Options:
  --out <folder>            folder to write to (default: template)
  -c, --context <key=value> replaces one setting of cdk.json, as with cdk: -c vault.clientId=abc
  --help                    shows this text`;

try {
  const { out, context, help } = options();
  if (help) console.log(HELP);
  else write(resolve(out), context);
} catch (error) {
  if (!(error instanceof DeploymentError) && !isMistyped(error)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

function options() {
  return parseArgs({
    options: {
      out: { type: 'string', default: 'template' },
      context: { type: 'string', short: 'c', multiple: true, default: [] },
      help: { type: 'boolean', default: false },
    },
  }).values;
}

/** Of `parseArgs`, such as an option that does not exist. */
function isMistyped(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && /^ERR_PARSE_ARGS/.test(String(error.code));
}

function write(directory: string, overrides: readonly string[]): void {
  const outdir = mkdtempSync(join(tmpdir(), 'adobe-token-vault-template-'));
  try {
    const app = createVaultApp({
      outdir,
      analyticsReporting: false,
      context: { ...cdk.context, ...Object.fromEntries(overrides.map(keyAndValue)) },
    });
    for (const stack of app.synth().stacks) {
      const folder = join(directory, stack.id);
      const { file, bytes, functions } = writePlainTemplate(stack, folder);
      const region = stack.environment.region.replace('unknown-region', 'any Region');
      console.log(`${file}  ${Math.round(bytes / 1024)} KB, ${functions.length} functions, for ${region}`);
    }
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

function keyAndValue(override: string): readonly [string, string] {
  const at = override.indexOf('=');
  if (at > 0) return [override.slice(0, at), override.slice(at + 1)];
  throw new DeploymentError(
    'SETTING_INVALID',
    `"${override}" is not a setting: write -c vault.clientId=abc.`,
  );
}
