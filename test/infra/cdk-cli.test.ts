import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import cdk from '../../cdk.json' with { type: 'json' };
import { writeTinyBundles } from '../support/synth/function-bundles.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Nothing that could point at an account, and a proxy that nothing listens on. */
const OFFLINE = {
  PATH: process.env.PATH,
  HOME: tmpdir(),
  AWS_EC2_METADATA_DISABLED: 'true',
  HTTPS_PROXY: 'http://127.0.0.1:1',
  CDK_DISABLE_CLI_TELEMETRY: 'true',
};

interface Ended {
  readonly exitCode: number | string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

function run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: ROOT, env: { ...OFFLINE, ...env } }, (error, stdout, stderr) =>
      resolve({ exitCode: error === null ? 0 : (error.code ?? undefined), stdout, stderr }),
    );
  });
}

describe('the command line', () => {
  let scratch: string;
  let functionBundles: string;

  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'cdk-cli-'));
    functionBundles = await writeTinyBundles(join(scratch, 'functions'));
  });

  afterAll(() => rm(scratch, { recursive: true, force: true }));

  it.concurrent('synthesises with "cdk synth", without a network and without an account', async () => {
    const output = join(scratch, 'cdk.out');
    const context = ['-c', `functionBundles=${functionBundles}`, '-c', 'example=true'];
    const built = ['--build', `${process.execPath} --version`];
    const ended = await run([
      'node_modules/aws-cdk/bin/cdk',
      'synth',
      '-q',
      '-o',
      output,
      ...built,
      ...context,
    ]);

    expect(ended).toMatchObject({ exitCode: 0 });
    expect(ended.stderr).not.toContain('feature flags are not configured');
    expect(await readdir(output)).toEqual(
      expect.arrayContaining(['AdobeTokenVault.template.json', 'AdobeTokenVaultExample.template.json']),
    );
  });

  it.concurrent('answers a bad setting with one sentence and exit code 1', async () => {
    const context = {
      vault: { ...cdk.context.vault, imsBaseUrl: 'http://ims.example.test' },
      functionBundles,
    };
    const ended = await run(['--import', 'tsx', 'bin/vault.ts'], {
      CDK_CONTEXT_JSON: JSON.stringify(context),
    });

    expect(ended).toEqual({
      exitCode: 1,
      stdout: '',
      stderr:
        'The setting vault.imsBaseUrl must be an absolute https URL (http is accepted for loopback hosts only). It is "http://ims.example.test"\n',
    });
  });
});
