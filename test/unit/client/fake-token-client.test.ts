import { describe, expect, test, vi } from 'vitest';
import { isVaultError, type TokenClient, VaultError } from '../../../client/index.ts';
import {
  createFakeTokenClient,
  type FakeErrorCode,
  type FakeTokenClient,
  type FakeTokenClientOptions,
} from '../../../client/testing.ts';
import { describeClientBehaviours } from '../../support/client/client-behaviours.ts';

const ID = 'acme.user-42';
const CATALOG = 'https://lr.adobe.io/v2/catalog';

describe('the client for tests, as the client on a vault,', () => {
  const clock = { nowMs: Date.UTC(2026, 0, 15, 12) };
  const client = createFakeTokenClient({}, { nowMs: () => clock.nowMs });
  let signIns = 0;
  describeClientBehaviours(() => ({
    client: () => client,
    returnTo: 'https://app.example/back',
    consentAt: async (authorizeUrl) => client.completeConsent(authorizeUrl),
    signedIn: async (appState) =>
      client.completeSignIn({ connectionId: `adobe-user-${++signIns}`, appState }),
    passMs: async (durationMs) => {
      clock.nowMs += durationMs;
    },
  }));
});

/** A client whose Adobe answers with these, and the tokens that Adobe saw. */
function withAdobe(answers: readonly Response[], options: FakeTokenClientOptions = {}) {
  const seen: (string | null)[] = [];
  const apiKeys: (string | null)[] = [];
  const vault = createFakeTokenClient(
    { [ID]: { accessToken: 'token' } },
    {
      ...options,
      fetch: async (_, init) => {
        apiKeys.push(new Headers(init?.headers).get('x-api-key'));
        const answer = answers[seen.push(new Headers(init?.headers).get('authorization')) - 1];
        return answer ?? Response.error();
      },
    },
  );
  return { vault, seen, apiKeys };
}

test.each<[FakeErrorCode, string]>([
  ['connection_not_found', 'ConnectionNotFoundError'],
  ['reauthorization_required', 'ReauthorizationRequiredError'],
  ['user_action_required', 'UserActionRequiredError'],
  ['not_renewable', 'NotRenewableError'],
  ['temporarily_unavailable', 'TemporarilyUnavailableError'],
  ['access_denied', 'AccessDeniedError'],
  ['credentials_unavailable', 'CredentialsUnavailableError'],
  ['vault_unreachable', 'VaultUnreachableError'],
  ['unexpected_answer', 'UnexpectedAnswerError'],
])('a connection with the error %s throws the client’s own %s', async (error, name) => {
  const vault = createFakeTokenClient({ [ID]: { error } });
  const failure = await vault.getAccessToken(ID).catch((thrown: unknown) => thrown);
  expect(failure).toBeInstanceOf(VaultError);
  expect(isVaultError(failure)).toBe(true);
  expect(failure).toMatchObject({ code: error, name });
  await expect(vault.fetch(ID, CATALOG)).rejects.toMatchObject({ code: error });
});

test('an error brings what a handler reads from it', async () => {
  const userActionUrl = 'https://account.adobe.com/terms';
  const vault = createFakeTokenClient({
    'acme.later': { error: 'temporarily_unavailable', retryAfterSeconds: 3 },
    'acme.terms': { error: 'user_action_required', userActionUrl },
  });
  await expect(vault.getAccessToken('acme.later')).rejects.toMatchObject({ retryAfterSeconds: 3 });
  await expect(vault.getAccessToken('acme.terms')).rejects.toMatchObject({ userActionUrl });
  expect(await vault.status('acme.terms')).toMatchObject({ state: 'needs-user-action', userActionUrl });
});

test('a connection can change during a test, and a new consent repairs it', async () => {
  const vault = createFakeTokenClient({ [ID]: { accessToken: 'token' } });
  expect((await vault.getAccessToken(ID)).accessToken).toBe('token');
  vault.setConnection(ID, { error: 'reauthorization_required' });
  await expect(vault.getAccessToken(ID)).rejects.toMatchObject({ code: 'reauthorization_required' });
  expect(await vault.status(ID)).toMatchObject({ state: 'needs-reauthorization' });
  const { authorizeUrl } = await vault.openConsent(ID, { returnTo: 'https://app.example/back' });
  const back = vault.completeConsent(authorizeUrl, { accessToken: 'again' });
  await vault.redeemConsent(ID, { connectionCode: back.searchParams.get('connection_code') ?? '' });
  expect((await vault.getAccessToken(ID)).accessToken).toBe('again');
});

test('a user who declines comes back with the error, and a link works once', async () => {
  const vault = createFakeTokenClient();
  const { authorizeUrl } = await vault.openConsent(ID, { returnTo: 'https://app.example/back?tab=1' });
  expect(vault.completeConsent(authorizeUrl, 'declined').href).toBe(
    'https://app.example/back?tab=1&error=declined',
  );
  expect(() => vault.completeConsent(authorizeUrl)).toThrow('authorizeUrl');
});

test('tokens expire by the clock of the test, and count their renewals', async () => {
  const clock = { nowMs: 0 };
  const vault = createFakeTokenClient(
    {
      [ID]: { accessToken: 'token', expiresInSeconds: 3600 },
      'acme.short': { accessToken: 'short', expiresInSeconds: 3600, renewable: false },
    },
    { nowMs: () => clock.nowMs },
  );
  expect(await vault.getAccessToken(ID)).toMatchObject({ accessToken: 'token', expiresAtMs: 3_600_000 });
  await vault.getAccessToken('acme.short');
  clock.nowMs += 3_590_000;
  expect(await vault.getAccessToken(ID)).toMatchObject({ accessToken: 'token-2', expiresAtMs: 7_190_000 });
  await expect(vault.getAccessToken('acme.short')).rejects.toMatchObject({ code: 'not_renewable' });
});

test('without a clock of its own, time is that of Date, which a test may fake', async () => {
  const vault = createFakeTokenClient({ [ID]: { accessToken: 'token', expiresInSeconds: 3600 } });
  expect((await vault.getAccessToken(ID)).accessToken).toBe('token');
  vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 3_600_000);
  expect((await vault.getAccessToken(ID)).accessToken).toBe('token-2');
});

test('narrower scopes are vended where the user granted them', async () => {
  const vault = createFakeTokenClient({
    [ID]: { accessToken: 'token', scopes: ['openid', 'lr', 'offline_access'] },
  });
  expect((await vault.getAccessToken(ID)).scopes).toEqual(['openid', 'lr']);
  expect((await vault.getAccessToken(ID, { scopes: ['lr'] })).scopes).toEqual(['lr']);
});

test('fetch sends the token to allowed hosts, and a rejected token is followed by the next', async () => {
  const { vault, seen, apiKeys } = withAdobe([new Response('', { status: 401 }), new Response('a catalog')]);
  expect(await (await vault.fetch(ID, CATALOG)).text()).toBe('a catalog');
  expect(seen).toEqual(['Bearer token', 'Bearer token-2']);
  expect(apiKeys).toEqual(['fake-client-id', 'fake-client-id']);
  await expect(vault.fetch(ID, 'https://example.com')).rejects.toMatchObject({ code: 'host_not_allowed' });
  expect(seen).toHaveLength(2);

  const own = withAdobe([new Response('own')], { allowedHosts: ['example.com'] });
  expect(await (await own.vault.fetch(ID, 'https://example.com')).text()).toBe('own');
});

test('without a fetch of the test nothing is sent, and the error says so', async () => {
  const sent = vi.spyOn(globalThis, 'fetch');
  const vault = createFakeTokenClient({ [ID]: { accessToken: 'token' } });
  await expect(vault.fetch(ID, CATALOG)).rejects.toThrow('sends nothing to lr.adobe.io: pass `fetch`');
  await vault.getAccessToken(ID);
  await vault.forTenant('acme').getAccessToken(ID);
  expect(sent).not.toHaveBeenCalled();
});

test('a client for a tenant reaches the connections of that tenant alone', async () => {
  const vault = createFakeTokenClient({
    [ID]: { accessToken: 'token' },
    'globex.user-1': { accessToken: 'foreign' },
  });
  const acme = vault.forTenant('acme');
  expect((await acme.getAccessToken(ID)).accessToken).toBe('token');
  for (const call of [
    () => acme.getAccessToken('globex.user-1'),
    () => acme.status('globex.user-1'),
    () => acme.disconnect('globex.user-1'),
  ]) {
    await expect(call()).rejects.toMatchObject({ code: 'access_denied', tenant: 'acme' });
  }
  expect((await vault.getAccessToken('globex.user-1')).accessToken).toBe('foreign');
  expect(() => vault.forTenant('a.b')).toThrow('name of a tenant');
});

test('every call is recorded with what it was called with', async () => {
  const { vault } = withAdobe([new Response()]);
  await vault.getAccessToken(ID, { minTtlSeconds: 60 });
  await vault.getAccessTokens(new Set([ID]).values());
  await vault.fetch(ID, CATALOG, { method: 'POST' });
  await vault.status('acme.unknown').catch(() => undefined);
  await vault.forTenant('acme').status(ID);
  await vault.disconnect(ID);
  expect(vault.calls).toEqual([
    { call: 'getAccessToken', args: [ID, { minTtlSeconds: 60 }] },
    { call: 'getAccessTokens', args: [[ID]] },
    { call: 'fetch', args: [ID, CATALOG, { method: 'POST' }] },
    { call: 'status', args: ['acme.unknown'] },
    { call: 'forTenant', args: ['acme'] },
    { call: 'status', args: [ID], tenant: 'acme' },
    { call: 'disconnect', args: [ID] },
  ]);
});

test('needs no environment, and is not confused by one', async () => {
  vi.stubEnv('ADOBE_TOKEN_VAULT_URL', 'https://vault.acme.example');
  vi.stubEnv('ADOBE_TOKEN_VAULT_TABLE', 'AccessTokens');
  const vault: TokenClient & FakeTokenClient = createFakeTokenClient({ [ID]: { accessToken: 'token' } });
  expect((await vault.getAccessToken(ID)).accessToken).toBe('token');
  vi.unstubAllEnvs();
});

test('a temporary failure keeps no test waiting', async () => {
  vi.useFakeTimers();
  const vault = createFakeTokenClient({ [ID]: { error: 'temporarily_unavailable' } });
  await expect(vault.getAccessToken(ID)).rejects.toMatchObject({ code: 'temporarily_unavailable' });
  vi.useRealTimers();
});
