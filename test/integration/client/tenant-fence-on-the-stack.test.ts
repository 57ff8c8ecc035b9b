import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { createTokenClient } from '../../../client/index.ts';
import type { CallSummary } from '../../../local/aws/aws-endpoint.ts';
import { unneededParts } from '../../../local/aws/iam/unneeded-parts.ts';
import { importTokens } from '../../support/vault/import-tokens.ts';
import { synthesisePooledConsumer } from '../../support/vault/pooled-consumer.ts';
import type { PooledRequest } from '../../support/vault/pooled-handler.ts';
import { startVaultWorld, type VaultWorld } from '../../support/vault/vault-world.ts';

const MINUTE_MS = 60_000;

let directory: string;
let world: VaultWorld;
const calls: CallSummary[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'adobe-token-vault-pooled-'));
  const { cdkOut } = await synthesisePooledConsumer(inject('functionBundles'), directory);
  world = await startVaultWorld({ cdkOut, stack: { onCall: (call) => calls.push(call) } });
  await world.connect('demo.alice', 'alice');
  await world.connect('demo.bob', 'bob');
  const { refreshToken } = world.ims.user('carol').issueGrant();
  await importTokens(world, [{ connectionId: 'globex.carol', refreshToken }]);
  // An import rotates at once: its first access token is stored.
  await world.stack.time.advanceBy(60 * MINUTE_MS);
});
afterAll(async () => {
  await world.stop();
  await rm(directory, { recursive: true, force: true });
});

async function ask(request: PooledRequest): Promise<{ outcome: unknown; aws: string[]; vault: number }> {
  calls.length = 0;
  const before = vends();
  const { payload } = await world.stack.invoke('pooled', request);
  const own = calls.filter(({ roleName }) => roleName.includes('Pooled'));
  return { outcome: payload, aws: own.map(({ operation }) => operation), vault: vends() - before };
}

function vends(): number {
  return world.stack.accessLogs().filter((line) => line.includes('/access-tokens/')).length;
}

function refusal(tenant: string) {
  return {
    name: 'AccessDeniedError',
    code: 'access_denied',
    tenant,
    message: expect.stringMatching(
      new RegExp(`^The tenant fence: this client acts for ${tenant}, .* with the message "Forbidden"\\.`),
    ),
  };
}

/** What a container of another account is given. */
const GUEST_VARIABLES = ['URL', 'REGION', 'TABLE', 'KEY_ARN', 'CLIENT_ID', 'TENANT_ROLE_ARN', 'PARTS'];

describe('a container of another account that serves many tenants', () => {
  afterEach(() => vi.unstubAllEnvs());

  test('assumes the role of the vault’s account with the tag of a tenant, and reaches no other', async () => {
    for (const name of GUEST_VARIABLES) {
      const value = world.stack.outputs.Team?.[`ADOBETOKENVAULT${name.replaceAll('_', '')}`] ?? '';
      vi.stubEnv(`ADOBE_TOKEN_VAULT_${name}`, value);
    }
    vi.stubEnv('AWS_ENDPOINT_URL', world.stack.awsEndpointUrl);
    const client = createTokenClient({
      credentials: world.stack.credentialsOf('GuestRole'),
      nowMs: () => world.clock.nowMs(),
    });
    calls.length = 0;

    expect(await client.forTenant('demo').getAccessToken('demo.alice')).toMatchObject({
      connectionId: 'demo.alice',
    });
    expect(calls.map(({ operation }) => operation)).toEqual(['AssumeRole', 'GetItem', 'Decrypt']);
    await expect(client.forTenant('globex').getAccessToken('demo.alice')).rejects.toMatchObject(
      refusal('globex'),
    );
    await expect(client.getAccessToken('demo.alice')).rejects.toMatchObject({ code: 'access_denied' });
  });
});

describe('a Lambda that serves many tenants', () => {
  test('reads tokens of the tenant it acts for, by each way in, and asks STS once for each tenant', async () => {
    expect(await ask({ tenant: 'demo', connectionIds: ['demo.alice'], route: 'direct' })).toEqual({
      outcome: { 'demo.alice': 'token' },
      aws: ['AssumeRole', 'GetItem', 'Decrypt'],
      vault: 0,
    });
    expect(await ask({ tenant: 'demo', connectionIds: ['demo.bob'], route: 'direct' })).toMatchObject({
      outcome: { 'demo.bob': 'token' },
      aws: ['GetItem', 'Decrypt'],
    });
    expect(await ask({ tenant: 'globex', connectionIds: ['globex.carol'], route: 'https' })).toEqual({
      outcome: { 'globex.carol': 'token' },
      aws: ['AssumeRole'],
      vault: 1,
    });
    expect(await ask({ tenant: 'globex', connectionIds: ['globex.carol'], route: 'direct' })).toMatchObject({
      outcome: { 'globex.carol': 'token' },
      aws: ['AssumeRole', 'GetItem', 'Decrypt'],
      vault: 0,
    });
  });

  test.each(['direct', 'https'] as const)('is refused an id of another tenant by IAM (%s)', async (route) => {
    const own = await ask({ tenant: 'globex', connectionIds: ['demo.alice'], route });
    expect(own).toMatchObject({ outcome: { 'demo.alice': refusal('globex') }, vault: 1 });
    expect(own.aws).not.toContain('Decrypt');
    const denied = world.stack.iam.denied().map(({ principal, request }) => ({
      tags: 'sessionTags' in principal && principal.sessionTags,
      action: request.action,
    }));
    expect(denied).toContainEqual({ tags: { tenant: 'globex' }, action: 'execute-api:Invoke' });
    if (route === 'direct') {
      expect(denied).toContainEqual({ tags: { tenant: 'globex' }, action: 'dynamodb:GetItem' });
    }
  });

  test('is refused whole batches in the table that hold one foreign id, and gets its own over HTTPS', async () => {
    await world.stack.time.advanceBy(6 * MINUTE_MS);
    const { outcome } = await ask({
      tenant: 'demo',
      connectionIds: ['demo.alice', 'globex.carol', 'demo.bob'],
      route: 'direct',
    });
    expect(outcome).toEqual({
      'demo.alice': 'token',
      'demo.bob': 'token',
      'globex.carol': refusal('demo'),
    });
    await world.stack.time.advanceBy(6 * MINUTE_MS);
    const own = await ask({ tenant: 'demo', connectionIds: ['demo.alice', 'demo.bob'], route: 'direct' });
    expect(own).toMatchObject({ aws: ['BatchGetItem', 'Decrypt', 'Decrypt'], vault: 0 });
  });

  test('without a tenant may do nothing, and its error says what to call', async () => {
    const { outcome, aws } = await ask({ connectionIds: ['demo.alice'], route: 'https' });
    expect(outcome).toMatchObject({
      'demo.alice': { code: 'access_denied', message: expect.stringContaining('forTenant(tenant)') },
    });
    expect(aws).toEqual([]);
  });

  test('assumes the role again before the hour of its session is over', async () => {
    await world.stack.time.advanceBy(56 * MINUTE_MS);
    const { outcome, aws } = await ask({ tenant: 'demo', connectionIds: ['demo.alice'], route: 'direct' });
    expect(outcome).toEqual({ 'demo.alice': 'token' });
    expect(aws[0]).toBe('AssumeRole');
  });

  test('was granted nothing that it did not use', () => {
    const { directory: iam } = world.stack.iam;
    const pooled = { ...iam, roles: iam.roles.filter(({ roleName }) => roleName.includes('Pooled')) };
    const unneeded = unneededParts(pooled, world.stack.iam.records()).filter(
      ({ owner }) => 'roleName' in owner,
    );
    expect(unneeded).toEqual([]);
  });
});
