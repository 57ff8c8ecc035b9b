import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTokenClient, type TokenClient, type TokenClientOptions } from '../../../client/index.ts';
import { createAccessTokenRoute } from '../../../functions/access-token/route.ts';
import { createReadCatalog } from '../../../functions/example-lightroom-reader/read-catalog.ts';
import { HOUR_MS, ID, vendFixture } from '../../unit/access-tokens/vend-fixture.ts';
import { type Gateway, listen, type RunningServer, startGateway } from './http-servers.ts';

const SIGNER = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  sessionToken: 'session/token+with=signs',
};

let vault: ReturnType<typeof vendFixture>;
let gateway: Gateway;
let adobe: RunningServer & { readonly tokens: string[]; accepted: string };

beforeEach(async () => {
  vault = vendFixture();
  const route = createAccessTokenRoute({
    vendAccessToken: vault.vend,
    revokeAccessTokens: async () => ({ outcome: 'not-found' }),
  });
  gateway = await startGateway(route, SIGNER, vault.clock.nowMs);
  const tokens: string[] = [];
  const running = await listen((request, response) => {
    tokens.push(String(request.headers.authorization));
    if (request.headers.authorization !== `Bearer ${adobe.accepted}`) {
      response.writeHead(403, { 'content-type': 'application/json' });
      response.end('while (1) {}\n{"code":4300,"description":"Access is forbidden"}');
      return;
    }
    const body =
      request.url === '/v2/catalog' ? { id: 'catalog-1' } : { resources: [{ payload: { name: 'Summer' } }] };
    response.end(`while (1) {}\n${JSON.stringify(body)}`);
  });
  adobe = { ...running, tokens, accepted: 'access-token-1' };
});

afterEach(async () => {
  await Promise.all([gateway.close(), adobe.close()]);
});

function clientOf(options: TokenClientOptions = {}): TokenClient {
  return createTokenClient({
    url: gateway.url,
    region: 'eu-west-1',
    credentials: SIGNER,
    allowedHosts: [new URL(adobe.url).host],
    nowMs: vault.clock.nowMs,
    ...options,
  });
}

test('a token is vended over a signed request, query and all', async () => {
  await vault.publish({ token: 'narrow', scopeSet: 'AdobeID openid' });
  const token = await clientOf().getAccessToken(ID, { minTtlSeconds: 600, scopes: ['openid', 'AdobeID'] });
  expect(token.accessToken).toBe('narrow');
  expect(gateway.refusals).toEqual([]);
  expect(gateway.served).toHaveLength(1);
});

test('credentials may come from a provider and are asked for once they are needed', async () => {
  await vault.publish();
  let asked = 0;
  const credentials = async () => {
    asked += 1;
    return SIGNER;
  };
  const client = clientOf({ credentials });
  expect(asked).toBe(0);
  await client.getAccessToken(ID);
  expect(asked).toBe(1);
});

test('wrong credentials are access denied, and not tried again', async () => {
  const client = clientOf({ credentials: { ...SIGNER, secretAccessKey: 'wrong' } });
  await expect(client.getAccessToken(ID)).rejects.toMatchObject({ code: 'access_denied' });
  expect(gateway.refusals).toEqual(['the signature does not match']);
});

test('many callers of an expired token cause one request and one rotation', async () => {
  await vault.publish({ ageMs: 25 * HOUR_MS });
  vault.rotateWillPublish({ token: 'next', version: 2 });
  const client = clientOf();
  const tokens = await Promise.all(Array.from({ length: 50 }, () => client.getAccessToken(ID)));
  expect(new Set(tokens.map(({ accessToken }) => accessToken))).toEqual(new Set(['next']));
  expect(gateway.served).toHaveLength(1);
  expect(vault.rotator.rotated).toHaveLength(1);
});

test('two processes with an expired token cause one rotation', async () => {
  await vault.publish({ ageMs: 25 * HOUR_MS });
  vault.rotateWillPublish({ token: 'next', version: 2 });
  await Promise.all([clientOf().getAccessToken(ID), clientOf().getAccessToken(ID)]);
  expect(vault.rotator.rotated).toHaveLength(1);
});

test('a min_ttl the vault cannot meet names the longest one', async () => {
  await vault.publish({ lifeMs: HOUR_MS });
  await expect(clientOf().getAccessToken(ID, { minTtlSeconds: 3000 })).rejects.toMatchObject({
    code: 'invalid_request',
    message: expect.stringContaining('1800'),
  });
});

test('the page where the user can act reaches the caller', async () => {
  vault.world.run = async () => ({
    outcome: 'user-action-required',
    jumpUrl: 'https://account.adobe.com/terms',
  });
  await expect(clientOf().getAccessToken(ID)).rejects.toMatchObject({
    code: 'user_action_required',
    userActionUrl: 'https://account.adobe.com/terms',
  });
});

test('a request to a vault that hangs ends when the caller aborts', async () => {
  const hanging = await listen(() => undefined);
  const caller = new AbortController();
  const asked = clientOf({ url: hanging.url }).getAccessToken(ID, { signal: caller.signal });
  caller.abort(new Error('enough'));
  await expect(asked).rejects.toThrow('enough');
  await hanging.close();
});

test('a vault that is not there is unreachable', async () => {
  const gone = await listen(() => undefined);
  await gone.close();
  await expect(clientOf({ url: gone.url }).getAccessToken(ID)).rejects.toMatchObject({
    code: 'vault_unreachable',
  });
});

test('a token that Adobe refuses is replaced by one forced refresh, and the call succeeds', async () => {
  await vault.publish({ token: 'revoked-at-adobe' });
  vault.rotateWillPublish({ token: 'access-token-2', version: 2 });
  adobe.accepted = 'access-token-2';
  const client = clientOf();
  const responses = await Promise.all(
    Array.from({ length: 10 }, () => client.fetch(ID, `${adobe.url}/v2/catalog`)),
  );
  expect(responses.every(({ status }) => status === 200)).toBe(true);
  expect(vault.rotator.rotated).toHaveLength(1);
  expect(gateway.served).toHaveLength(2);
});

test('while forced refreshes are limited, Adobe’s refusal reaches the caller', async () => {
  await vault.publish({ token: 'refused' });
  vault.world.run = async () => ({
    outcome: 'waiting',
    reason: 'forced-refresh-limit',
    retryAfterMs: 60_000,
  });
  const response = await clientOf().fetch(ID, `${adobe.url}/v2/catalog`);
  expect(response.status).toBe(403);
  expect(adobe.tokens).toHaveLength(1);
});

test('the example reads catalog and albums of a connected user', async () => {
  await vault.publish({ token: 'access-token-1' });
  const readCatalog = createReadCatalog({ tokens: clientOf(), apiUrl: adobe.url, apiKey: 'client-1' });
  expect(await readCatalog(ID)).toEqual({ catalogId: 'catalog-1', albums: ['Summer'] });
  expect(gateway.served).toHaveLength(1);
});

test('the example answers a typed error for a user that has to consent again', async () => {
  vault.world.run = async () => ({ outcome: 'reauthorization-required' });
  const readCatalog = createReadCatalog({ tokens: clientOf(), apiUrl: adobe.url, apiKey: 'client-1' });
  expect(await readCatalog(ID)).toEqual({
    error: { code: 'reauthorization_required', message: 'The user has to consent again.' },
  });
});

test('the example distinguishes a refusal by Lightroom from one by the vault', async () => {
  await vault.publish({ token: 'refused' });
  vault.rotateWillPublish({ token: 'refused-too', version: 2 });
  adobe.accepted = 'none';
  const readCatalog = createReadCatalog({ tokens: clientOf(), apiUrl: adobe.url, apiKey: 'client-1' });
  expect(await readCatalog(ID)).toMatchObject({ error: { code: 'lightroom_refused', status: 403 } });
});
