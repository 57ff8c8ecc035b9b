import { afterEach, expect, test, vi } from 'vitest';
import { createTokenClient, type TokenClient, type TokenClientOptions } from '../../../client/index.ts';
import { partsText, type VaultVariables } from '../../../client/vault-variables.ts';

const API = 'https://abc123.execute-api.eu-west-1.amazonaws.com';

afterEach(() => vi.unstubAllEnvs());

test('the address comes from the environment unless it is given', async () => {
  vi.stubEnv('ADOBE_TOKEN_VAULT_URL', API);
  expect(await hostsAsked()).toEqual(['abc123.execute-api.eu-west-1.amazonaws.com']);
  vi.stubEnv('ADOBE_TOKEN_VAULT_URL', ' ');
  await expect(createTokenClient().status('acme.user-1')).rejects.toThrow('ADOBE_TOKEN_VAULT_URL');
});

test('an execute-api address names its region; another one needs one', () => {
  vi.stubEnv('AWS_REGION', '');
  vi.stubEnv('AWS_DEFAULT_REGION', '');
  expect(() => createTokenClient({ url: API })).not.toThrow();
  expect(() => createTokenClient({ url: 'https://vault.acme.example' })).toThrow('AWS_REGION');
  expect(() => createTokenClient({ url: 'https://vault.acme.example', region: 'eu-west-1' })).not.toThrow();
});

test.each(['http://vault.acme.example', 'ftp://127.0.0.1', 'vault.acme.example', '/access-tokens'])(
  'the address %s is refused',
  (url) => {
    expect(() => createTokenClient({ url, region: 'eu-west-1' })).toThrow('URL of the vault');
  },
);

test.each(['http://127.0.0.1:3000', 'http://localhost:3000', 'http://[::1]:3000'])(
  'plain http is accepted for %s',
  (url) => {
    expect(() => createTokenClient({ url, region: 'eu-west-1' })).not.toThrow();
  },
);

test.each(['*', '*.adobe.io', 'https://adobe.io', 'adobe.io/', '', 'io', 'Adobe.io'])(
  'the allowed host "%s" is refused',
  (host) => {
    expect(() => createTokenClient({ url: API, allowedHosts: [host] })).toThrow('allowed host');
  },
);

test.each<[string, (client: TokenClient) => Promise<unknown>]>([
  ['getAccessToken', (client) => client.getAccessToken('acme.user-1')],
  ['getAccessTokens', (client) => client.getAccessTokens(['acme.user-1'])],
  ['fetch', (client) => client.fetch('acme.user-1', 'https://lr.adobe.io/v2/catalog')],
  ['status', (client) => client.status('acme.user-1')],
  ['disconnect', (client) => client.disconnect('acme.user-1')],
  ['openConsent', (client) => client.openConsent('acme.user-1', { returnTo: 'https://app.example' })],
  ['redeemConsent', (client) => client.redeemConsent('acme.user-1', { connectionCode: 'code' })],
  ['redeemSignIn', (client) => client.redeemSignIn({ connectionCode: 'code', appState: 'state' })],
  ['forTenant', async (client) => client.forTenant('acme')],
])('with no vault in sight a client can be created, and %s fails with a typed error', async (_, call) => {
  const error = { code: 'client_settings', message: expect.stringContaining('ADOBE_TOKEN_VAULT_URL') };
  await expect(call(createTokenClient())).rejects.toMatchObject(error);
  // A handler's own test may set only this one.
  vi.stubEnv('ADOBE_TOKEN_VAULT_CLIENT_ID', 'client-1');
  await expect(call(createTokenClient({ vault: 'films' }))).rejects.toMatchObject({
    code: 'client_settings',
  });
});

test('a client that was created before the environment was set finds the vault at its first call', async () => {
  const answers = async () => Response.json({ connectionId: 'acme.user-1', state: 'active' });
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example' };
  const client = createTokenClient({ credentials, fetch: answers });
  await expect(client.status('acme.user-1')).rejects.toMatchObject({ code: 'client_settings' });
  vi.stubEnv('ADOBE_TOKEN_VAULT_URL', API);
  expect(await client.status('acme.user-1')).toMatchObject({ state: 'active' });
});

test('a vault that is named wrongly is an error at once, where one is named', () => {
  vi.stubEnv('ADOBE_TOKEN_VAULT_FILMS_URL', API);
  expect(() => createTokenClient()).toThrow('The environment knows films');
});

/** Where a client with these options asks first, second, …, when every answer is a refusal. */
async function hostsAsked(options: TokenClientOptions = {}): Promise<string[]> {
  const hosts: string[] = [];
  const client = createTokenClient({
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example' },
    fetch: async (input) => {
      hosts.push(new URL(String(input)).host);
      return Response.json({ message: 'No.' }, { status: 403 });
    },
    ...options,
  });
  await expect(client.getAccessToken('acme.user-1')).rejects.toThrow();
  return hosts;
}

const GRANT: VaultVariables = {
  URL: 'https://vault.acme.example',
  REGION: 'eu-west-1',
  TABLE: 'AccessTokens',
  KEY_ARN: 'arn:aws:kms:eu-west-1:111122223333:key/access',
  CLIENT_ID: 'client-1',
};

function stubGrant(changes: VaultVariables = {}): void {
  const variables = { ...GRANT, ...changes };
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(`ADOBE_TOKEN_VAULT_${name}`, value);
  vi.stubEnv('ADOBE_TOKEN_VAULT_PARTS', partsText(variables));
}

test('what a grant puts into the environment switches the direct read on', async () => {
  stubGrant();
  expect(await hostsAsked()).toEqual(['dynamodb.eu-west-1.amazonaws.com', 'vault.acme.example']);
  expect(await hostsAsked({ directRead: false })).toEqual(['vault.acme.example']);
});

test('an address, its region and the client id may be set alone: the client then asks over HTTPS', async () => {
  vi.stubEnv('ADOBE_TOKEN_VAULT_URL', API);
  vi.stubEnv('ADOBE_TOKEN_VAULT_REGION', 'eu-west-1');
  vi.stubEnv('ADOBE_TOKEN_VAULT_CLIENT_ID', 'client-1');
  expect(await hostsAsked()).toEqual(['abc123.execute-api.eu-west-1.amazonaws.com']);
  vi.stubEnv('ADOBE_TOKEN_VAULT_REGION', 'us-east-1');
  await expect(hostsAsked()).rejects.toMatchObject({
    code: 'client_environment',
    variables: ['ADOBE_TOKEN_VAULT_URL', 'ADOBE_TOKEN_VAULT_REGION'],
    message: expect.stringContaining(
      'ADOBE_TOKEN_VAULT_URL names eu-west-1, ADOBE_TOKEN_VAULT_REGION names us-east-1',
    ),
  });
});

test('a set of variables that states itself wrongly is refused', async () => {
  stubGrant({ KEY_ARN: 'arn:aws:kms:us-east-1:111122223333:key/access' });
  await expect(hostsAsked()).rejects.toThrow('one Region');
  stubGrant({ ROLE_ARN: 'arn:aws:iam::444455556666:role/access' });
  await expect(hostsAsked()).rejects.toThrow('one account');
  vi.unstubAllEnvs();
  stubGrant({ TENANT_ROLE_ARN: 'arn:aws:iam::444455556666:role/tenants' });
  await expect(hostsAsked()).rejects.toThrow('ADOBE_TOKEN_VAULT_TENANT_ROLE_ARN names 444455556666');
  vi.unstubAllEnvs();
  stubGrant({ TENANT_ROLE_ARN: 'tenants' });
  await expect(hostsAsked()).rejects.toThrow('must be the ARN of an IAM role, not "tenants"');
  vi.unstubAllEnvs();
  stubGrant({ KEY_ARN: 'key/access' });
  await expect(hostsAsked()).rejects.toThrow('must be the ARN of a KMS key, not "key/access"');
});

test.each(['', 'URL', 'URL=a URL=a', 'url=a'])('the parts "%s" are refused', async (parts) => {
  stubGrant();
  vi.stubEnv('ADOBE_TOKEN_VAULT_PARTS', parts);
  await expect(hostsAsked()).rejects.toMatchObject({
    code: 'client_environment',
    variables: expect.arrayContaining(['ADOBE_TOKEN_VAULT_PARTS']),
  });
});

test('a table without the parts is refused with the output that holds them', async () => {
  stubGrant();
  vi.stubEnv('ADOBE_TOKEN_VAULT_PARTS', '');
  await expect(hostsAsked()).rejects.toThrow(
    'ADOBE_TOKEN_VAULT_PARTS is not set, but ADOBE_TOKEN_VAULT_TABLE and ADOBE_TOKEN_VAULT_KEY_ARN need it: it says which variables belong to one vault. Set it to the output ClientParts',
  );
});

test('parts that a later release adds are compared too', async () => {
  stubGrant();
  vi.stubEnv('ADOBE_TOKEN_VAULT_PARTS', `${partsText(GRANT)} LATER=1`);
  await expect(hostsAsked()).rejects.toThrow('ADOBE_TOKEN_VAULT_LATER is unset, not "1"');
  vi.stubEnv('ADOBE_TOKEN_VAULT_LATER', '1');
  expect(await hostsAsked()).toHaveLength(2);
});

test('a direct read of a key in another region than the vault is refused', async () => {
  stubGrant();
  await expect(hostsAsked({ region: 'us-east-1' })).rejects.toThrow('is in eu-west-1');
});

test('the environment’s table and role are not used for a vault of another address', async () => {
  stubGrant({ ROLE_ARN: 'arn:aws:iam::111122223333:role/access' });
  expect(await hostsAsked({ url: API })).toEqual(['abc123.execute-api.eu-west-1.amazonaws.com']);
});

test('a client with the address from its environment reads directly', async () => {
  stubGrant();
  expect(await hostsAsked({ url: 'https://vault.acme.example/' })).toHaveLength(2);
});

test('AWS endpoints follow the settings of the AWS SDKs', async () => {
  stubGrant();
  vi.stubEnv('AWS_USE_FIPS_ENDPOINT', 'true');
  expect((await hostsAsked())[0]).toBe('dynamodb-fips.eu-west-1.amazonaws.com');
  vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:4566');
  expect((await hostsAsked())[0]).toBe('127.0.0.1:4566');
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', 'https://vpce-1.dynamodb.eu-west-1.vpce.amazonaws.com');
  expect((await hostsAsked())[0]).toBe('vpce-1.dynamodb.eu-west-1.vpce.amazonaws.com');
  vi.stubEnv('AWS_IGNORE_CONFIGURED_ENDPOINT_URLS', 'true');
  stubGrant({ REGION: 'cn-north-1', KEY_ARN: 'arn:aws-cn:kms:cn-north-1:111122223333:key/access' });
  expect((await hostsAsked())[0]).toBe('dynamodb-fips.cn-north-1.amazonaws.com.cn');
});
