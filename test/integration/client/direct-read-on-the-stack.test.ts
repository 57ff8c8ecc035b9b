import { afterAll, afterEach, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { type AwsJsonCall, createAwsJsonCall } from '../../../client/aws-json-call.ts';
import { createTokenClient, type TokenClient, type TokenClientOptions } from '../../../client/index.ts';
import { parseEnvelope } from '../../../client/sealed-token/envelope.ts';
import { createSignRequest } from '../../../client/sign-request.ts';
import type { CallSummary } from '../../../local/aws/aws-endpoint.ts';
import { unneededParts } from '../../../local/aws/iam/unneeded-parts.ts';
import { startVaultWorld, type VaultWorld } from '../../support/vault/vault-world.ts';
import { listen } from './http-servers.ts';

const READER = 'LightroomReader';
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const CLIENT_ID = 'test-client-id';

let world: VaultWorld;
const calls: CallSummary[] = [];

beforeAll(async () => {
  world = await startVaultWorld({
    cdkOut: inject('cdkOut'),
    stack: { onCall: (call) => calls.push(call) },
  });
  await world.connect('demo.alice', 'alice');
  await world.connect('demo.bob', 'bob');
  const appState = 'state-of-the-app-0123456789';
  const { url } = await world.signIn('carol', { return_to: world.landingUrl, app_state: appState });
  await world.api.redeemSignIn({ connectionCode: url.searchParams.get('connection_code') ?? '', appState });
});
afterAll(() => world.stop());
afterEach(() => vi.unstubAllEnvs());

/** The client as the grant configured it for the reading Lambda of the example, in a separate process. */
function newClient(role = 'LightroomReaderRole', options: TokenClientOptions = {}): TokenClient {
  const { environment } = world.stack.functions.get('lightroom-reader').definition;
  for (const [name, value] of Object.entries(environment)) {
    if (name.startsWith('ADOBE_TOKEN_VAULT_')) vi.stubEnv(name, world.stack.localUrl(value));
  }
  vi.stubEnv('AWS_ENDPOINT_URL', world.stack.awsEndpointUrl);
  return createTokenClient({
    credentials: world.stack.credentialsOf(role),
    nowMs: () => world.clock.nowMs(),
    ...options,
  });
}

/** What a vend cost: the consumer's own calls at AWS, and its requests at the vault. */
async function costOf(vend: () => Promise<unknown>): Promise<{ aws: string[]; vault: number }> {
  calls.length = 0;
  const before = vends();
  await vend();
  const own = calls.filter(({ roleName }) => roleName.includes(READER));
  return { aws: own.map(({ operation }) => operation), vault: vends() - before };
}

function vends(): number {
  return world.stack.accessLogs().filter((line) => line.includes('/access-tokens/')).length;
}

describe('what a vend costs', () => {
  test('two calls of AWS and none of the vault the first time, then none at all', async () => {
    const client = newClient();
    const vend = () => client.getAccessToken('demo.alice');
    expect(await costOf(vend)).toEqual({ aws: ['GetItem', 'Decrypt'], vault: 0 });
    expect(await costOf(vend)).toEqual({ aws: [], vault: 0 });
  });

  test('the same in a Lambda that the vault’s construct has granted it to', async () => {
    const read = () => world.readCatalog('demo.alice');
    expect(await costOf(read)).toEqual({ aws: ['GetItem', 'Decrypt'], vault: 0 });
    expect(await costOf(read)).toEqual({ aws: [], vault: 0 });
  });

  test('one read for many connections', async () => {
    const client = newClient();
    const cost = await costOf(async () => {
      const tokens = await client.getAccessTokens(['demo.alice', 'demo.bob']);
      expect([...tokens.values()].every(({ token }) => token !== undefined)).toBe(true);
    });
    expect(cost).toEqual({ aws: ['BatchGetItem', 'Decrypt', 'Decrypt'], vault: 0 });
  });

  test('one POST to Adobe for any number of callers of an expired token, whichever process they are in', async () => {
    await world.stack.time.advanceBy(DAY_MS + HOUR_MS);
    const posts = () => world.ims.ledger.user('alice').tokenPosts.refresh_token;
    const before = posts();
    const clients = Array.from({ length: 5 }, () => newClient());
    const tokens = await Promise.all(
      clients.flatMap((client) => Array.from({ length: 20 }, () => client.getAccessToken('demo.alice'))),
    );
    expect(new Set(tokens.map(({ accessToken }) => accessToken)).size).toBe(1);
    expect(posts() - before).toBe(1);
    expect(await costOf(() => newClient().getAccessToken('demo.alice'))).toMatchObject({ vault: 0 });
  });
});

describe('the fence', () => {
  test('keeps other tenants’ connections from a consumer by each way in', async () => {
    const stored = await world.itemsOf('ACCESS_TOKENS_TABLE');
    const [carol = ''] = stored
      .map(({ connectionId }) => String(connectionId?.S))
      .filter((id) => id.startsWith('adobe-'));
    expect(carol).not.toBe('');
    await expect(newClient().getAccessToken(carol)).rejects.toMatchObject({ code: 'access_denied' });
    const { dynamodb, kms } = rawCalls();
    const table = tableName();
    const Key = { connectionId: { S: carol }, scopeSet: { S: '*' } };
    const ownKey = { connectionId: { S: 'demo.alice' }, scopeSet: { S: '*' } };
    const attempts: [AwsJsonCall, string, object][] = [
      [dynamodb, 'DynamoDB_20120810.GetItem', { TableName: table, Key }],
      [dynamodb, 'DynamoDB_20120810.BatchGetItem', { RequestItems: { [table]: { Keys: [ownKey, Key] } } }],
      [dynamodb, 'DynamoDB_20120810.Scan', { TableName: table }],
      ...(await blobsIn('ACCESS_TOKENS_TABLE')).map((blob): [AwsJsonCall, string, object] => [
        kms,
        'TrentService.Decrypt',
        { CiphertextBlob: blob, EncryptionContext: contextOf(carol, 'access') },
      ]),
    ];
    for (const [call, target, input] of attempts) {
      await expect(call(target, input, new AbortController().signal), target).rejects.toThrow();
    }
  });

  test('a refresh token does not open for a consumer with the whole item in hand', async () => {
    const { kms } = rawCalls();
    const blobs = await blobsIn('CONNECTIONS_TABLE');
    expect(blobs.length).toBeGreaterThan(2);
    for (const blob of blobs) {
      for (const id of ['demo.alice', 'demo.bob']) {
        for (const purpose of ['refresh', 'access']) {
          for (const keyId of [undefined, process.env.ADOBE_TOKEN_VAULT_KEY_ARN]) {
            const input = {
              CiphertextBlob: blob,
              EncryptionContext: contextOf(id, purpose),
              ...(keyId && { KeyId: keyId }),
            };
            await expect(kms('TrentService.Decrypt', input, new AbortController().signal)).rejects.toThrow();
          }
        }
      }
    }
  });
});

test('a disconnect is seen by the next read', async () => {
  await newClient().getAccessToken('demo.bob');
  await world.api.disconnect('demo.bob');
  await expect(newClient().getAccessToken('demo.bob')).rejects.toMatchObject({
    code: 'connection_not_found',
  });
});

test('a consumer of another account reads directly as the role that was made for it', async () => {
  const assumed: string[] = [];
  const sts = await listen(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    assumed.push(String(new URLSearchParams(Buffer.concat(chunks).toString()).get('RoleArn')));
    const { accessKeyId, secretAccessKey } = world.stack.credentialsOf('LightroomReaderRole');
    const expiration = new Date(world.clock.nowMs() + HOUR_MS).toISOString();
    response.end(
      `<AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>${secretAccessKey}</SecretAccessKey>` +
        `<SessionToken>session</SessionToken><Expiration>${expiration}</Expiration>`,
    );
  });
  const { roleArn } = world.stack.iam.role('LightroomReaderRole');
  vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.url);
  const client = newClient('WebBackendRole', { roleArn });
  const cost = await costOf(() => client.getAccessToken('demo.alice'));
  await sts.close();
  expect(cost).toEqual({ aws: ['GetItem', 'Decrypt'], vault: 0 });
  expect(assumed).toEqual([roleArn]);
});

test('without the permission to read directly a consumer still gets its token', async () => {
  const role = world.stack.iam.role('LightroomReaderRole');
  const { policies } = role;
  role.policies = policies.map((policy) => ({ ...policy, document: withoutKms(policy.document) }));
  const cost = await costOf(() => newClient().getAccessToken('demo.alice'));
  role.policies = policies;
  expect(cost).toEqual({ aws: ['GetItem', 'Decrypt'], vault: 1 });
});

test('nothing was granted that was not used', () => {
  const unneeded = unneededParts(world.stack.iam.directory, world.stack.iam.records()).filter(
    ({ owner }) => 'roleName' in owner && owner.roleName.includes(READER),
  );
  expect(unneeded).toEqual([]);
});

function rawCalls(): Record<'dynamodb' | 'kms', AwsJsonCall> {
  newClient();
  const callOf = (service: 'dynamodb' | 'kms') =>
    createAwsJsonCall({
      endpoint: new URL(world.stack.awsEndpointUrl),
      jsonVersion: service === 'kms' ? '1.1' : '1.0',
      sign: createSignRequest({
        service,
        region: 'us-east-1',
        credentials: world.stack.credentialsOf('LightroomReaderRole'),
        nowMs: () => world.clock.nowMs(),
      }),
      fetch,
      nowMs: () => world.clock.nowMs(),
    });
  return { dynamodb: callOf('dynamodb'), kms: callOf('kms') };
}

function tableName(): string {
  return process.env.ADOBE_TOKEN_VAULT_TABLE ?? '';
}

function contextOf(connection: unknown, purpose: string) {
  return {
    connection,
    purpose,
    clientId: process.env.ADOBE_TOKEN_VAULT_CLIENT_ID ?? CLIENT_ID,
  };
}

/** The wrapped data key of every sealed token that a table holds. */
async function blobsIn(table: 'CONNECTIONS_TABLE' | 'ACCESS_TOKENS_TABLE'): Promise<string[]> {
  const texts = [...JSON.stringify(await world.itemsOf(table)).matchAll(/"B":"([^"]+)"/g)].map(
    ([, text = '']) => text,
  );
  return texts.flatMap((text) => {
    const envelope = parseEnvelope(Buffer.from(text, 'base64'));
    return envelope === undefined ? [] : [Buffer.from(envelope.wrappedKey).toString('base64')];
  });
}

function withoutKms(document: unknown): object {
  const { Statement, ...rest } = document as { Statement: { Action: unknown }[] };
  return { ...rest, Statement: Statement.filter(({ Action }) => Action !== 'kms:Decrypt') };
}
