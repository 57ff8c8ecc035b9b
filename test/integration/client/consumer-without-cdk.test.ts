import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { createTokenClient } from '../../../client/index.ts';
import type { CallSummary } from '../../../local/aws/aws-endpoint.ts';
import { startVaultWorld, type VaultWorld } from '../../support/vault/vault-world.ts';

const page = readFileSync(new URL('../../../docs/generated/consumer.md', import.meta.url), 'utf8');
/** Of the local stack. */
const REGION = 'us-east-1';
const ACCOUNT = '123456789012';

describe('A consumer that has read docs/generated/consumer.md and the outputs of the stack', () => {
  let world: VaultWorld;
  const calls: CallSummary[] = [];

  beforeAll(async () => {
    world = await startVaultWorld({
      cdkOut: inject('cdkOut'),
      stack: { onCall: (call) => calls.push(call) },
    });
    await world.connect('demo.alice', 'alice');
  });
  afterAll(() => world.stop());
  afterEach(() => vi.unstubAllEnvs());

  /** What a person puts in place of the names in angle brackets. */
  function filledIn(text: string): string {
    const values: Record<string, string | undefined> = {
      ...world.stack.outputs.AdobeTokenVault,
      Region: REGION,
      Account: ACCOUNT,
    };
    return text
      .replaceAll(/<(\w+)>/g, (name, output) => values[output] ?? name)
      .replaceAll('acme.*', 'demo.*');
  }

  function callerWith(grant: string) {
    const [, json = ''] =
      new RegExp(`### ${grant}\\n[^\`]*(?:\`[^\`]+\`[^\`]*)*?\`\`\`json\\n(.*?)\`\`\``, 's').exec(page) ?? [];
    return world.stack.iam.addOperator(`Caller-${grant}`, JSON.parse(filledIn(json)));
  }

  function clientOf(credentials: { accessKeyId: string; secretAccessKey: string }, variables: RegExp) {
    for (const [, name = '', value = ''] of page.matchAll(
      /^\| `(ADOBE_TOKEN_VAULT_\w+)` \|.*\| `(<\w+>)` \| `[^`]+` \|$/gm,
    )) {
      if (variables.test(name)) vi.stubEnv(name, filledIn(value));
    }
    vi.stubEnv('AWS_ENDPOINT_URL', world.stack.awsEndpointUrl);
    calls.length = 0;
    return createTokenClient({ credentials, nowMs: () => world.clock.nowMs() });
  }

  const operationsOf = () =>
    calls.filter(({ roleName }) => roleName.startsWith('Caller')).map(({ operation }) => operation);

  test('reads a token directly', async () => {
    const client = clientOf(callerWith('grantAccessTokens'), /_(URL|REGION|TABLE|KEY_ARN|CLIENT_ID|PARTS)$/);
    const { connectionId } = await client.getAccessToken('demo.alice');

    expect(connectionId).toBe('demo.alice');
    expect(operationsOf()).toEqual(['GetItem', 'Decrypt']);
    await expect(client.getAccessToken('other.alice')).rejects.toMatchObject({ code: 'access_denied' });
  });

  test('asks over HTTPS with the URL alone', async () => {
    const client = clientOf(callerWith('grantAccessTokens'), /_(URL|REGION)$/);

    expect((await client.getAccessToken('demo.alice')).connectionId).toBe('demo.alice');
    expect(operationsOf()).toEqual([]);
  });

  test('reads a state, and may do nothing else with that grant', async () => {
    const client = clientOf(callerWith('grantStatus'), /_(URL|REGION)$/);

    expect(await client.status('demo.alice')).toMatchObject({ state: 'active' });
    await expect(client.getAccessToken('demo.alice')).rejects.toMatchObject({ code: 'access_denied' });
    await expect(client.disconnect('demo.alice')).rejects.toMatchObject({ code: 'access_denied' });
  });
});
