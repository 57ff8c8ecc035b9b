import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import cdk from '../../../cdk.json' with { type: 'json' };
import { TokenVault } from '../../../lib/index.ts';
import { createLocalStack, type LocalStack } from '../../../local/stack/local-stack.ts';
import { runCommand } from '../../support/cli/run-command.ts';
import { TEST_SETTINGS } from '../../support/synth/test-settings.ts';

const ALLOW_ALL = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
};

describe('The command line, with two vaults in a stack of an app', () => {
  let directory: string;
  let stack: LocalStack;
  const asked: string[] = [];
  let credentials: { accessKeyId: string; secretAccessKey: string };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'two-vaults-'));
    const app = new App({ outdir: directory, context: cdk.context });
    const photos = new Stack(app, 'Photos');
    new CfnOutput(photos, 'ApiUrl', { value: 'https://photos.example.test' });
    for (const id of ['Vault', 'Films']) {
      new TokenVault(photos, id, { settings: TEST_SETTINGS, functionBundles: inject('functionBundles') });
    }
    new CfnOutput(new Stack(app, 'Site'), 'ApiUrl', { value: 'https://site.example.test' });
    app.synth();
    stack = createLocalStack({ cdkOut: directory, tickMs: 0 });
    await stack.start();
    credentials = stack.iam.addOperator('Operator', ALLOW_ALL);
  });
  afterAll(async () => {
    await stack.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const cli = (...argv: readonly string[]) =>
    runCommand([...argv, '--endpoint', stack.awsEndpointUrl], {
      credentials: async () => credentials,
      fetch: (url, init) => {
        asked.push(String(url));
        return fetch(url, init);
      },
      nowMs: () => stack.clock.nowMs(),
    });

  const vaults = { VaultApiUrl: 'Photos', FilmsApiUrl: 'Photos-Films' };

  it.each(Object.entries(vaults))('asks the API of %s for --stack Photos/%s', async (output, vault) => {
    const url = stack.outputs.Photos?.[output] ?? '';
    asked.length = 0;
    const { code, stdout } = await cli('list', '--stack', `Photos/${vault}`);

    expect({ code, stdout }).toEqual({ code: 0, stdout: 'No connection matches.\n' });
    expect(url).toMatch(/^http/);
    expect(asked.filter((one) => one.startsWith(`${url}/`))).toHaveLength(1);
  });

  it.each([
    ['Photos', 'output_missing', 'Which vault of the stack Photos? It holds: Photos, Photos-Films.'],
    ['Photos/Music', 'output_missing', 'Which vault of the stack Photos? It holds: Photos, Photos-Films.'],
    ['Site', 'output_missing', 'This stack is not a token vault, or it is an older version.'],
    ['Photos-Films', 'stack_not_found', '--stack Photos/Photos, --stack Photos/Photos-Films.'],
  ])('answers --stack %s with %s and the way out', async (name, code, words) => {
    const { stderr } = await cli('list', '--stack', name);
    const { document } = await cli('list', '--stack', name, '--json');

    expect(stderr).toContain(words);
    expect(document).toMatchObject({ error: { code } });
  });
});
