import { afterEach, expect, test, vi } from 'vitest';
import { createTokenClient } from '../../../functions/client/index.ts';

const API = 'https://abc123.execute-api.eu-west-1.amazonaws.com';

afterEach(() => vi.unstubAllEnvs());

test('the address comes from the environment unless it is given', () => {
  vi.stubEnv('ADOBE_TOKEN_VAULT_URL', API);
  expect(() => createTokenClient()).not.toThrow();
  vi.stubEnv('ADOBE_TOKEN_VAULT_URL', ' ');
  expect(() => createTokenClient()).toThrow('ADOBE_TOKEN_VAULT_URL');
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

test('a missing address is a typed error', () => {
  vi.stubEnv('ADOBE_TOKEN_VAULT_URL', '');
  expect(() => createTokenClient()).toThrow(expect.objectContaining({ code: 'client_settings' }));
});
