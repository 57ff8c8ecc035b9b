import { expect, test } from 'vitest';
import { createAccessTokenRoute } from '../../../functions/access-token/route.ts';
import type { VendRequest, VendResult } from '../../../functions/core/access-tokens/vend-access-token.ts';
import { Secret } from '../../../functions/core/secret.ts';

const VENDED: VendResult = {
  outcome: 'vended',
  accessToken: new Secret('access-token-1'),
  expiresAtMs: Date.UTC(2026, 0, 15, 12),
  expiresInSeconds: 3600,
  scopes: ['openid'],
  source: 'cache',
};

async function call(
  event: { id?: string; query?: string; headers?: Record<string, string> },
  result: VendResult = VENDED,
) {
  const requests: VendRequest[] = [];
  const route = createAccessTokenRoute({
    vendAccessToken: async (request) => {
      requests.push(request);
      return result;
    },
    revokeAccessTokens: async () => ({ outcome: 'not-found' }),
  });
  const answer = await route(
    {
      routeKey: 'GET /access-tokens/{connectionId}',
      pathParameters: { connectionId: event.id ?? 'acme.user-42' },
      rawQueryString: event.query ?? '',
      headers: event.headers ?? {},
    },
    { getRemainingTimeInMillis: () => 29_000 },
  );
  return { requests, answer, body: JSON.parse(answer.body) };
}

test('a vended token is answered with ISO and relative expiry, and is not to be stored', async () => {
  const { answer, body } = await call({});
  expect(answer.statusCode).toBe(200);
  expect(answer.headers['cache-control']).toBe('no-store');
  expect(body).toEqual({
    accessToken: 'access-token-1',
    tokenType: 'Bearer',
    expiresAt: '2026-01-15T12:00:00.000Z',
    expiresInSeconds: 3600,
    scopes: ['openid'],
    connectionId: 'acme.user-42',
  });
});

test('min_ttl, scopes and the rejected token are read from query and header', async () => {
  const { requests } = await call({
    query: 'min_ttl=600&scopes=openid%20AdobeID',
    headers: { 'x-rejected-token': '0123456789abcdef' },
  });
  expect(requests).toEqual([
    {
      connectionId: 'acme.user-42',
      minTtlSeconds: 600,
      scopes: 'openid AdobeID',
      rejectedDigest: '0123456789abcdef',
    },
  ]);
});

test('the connection id comes from the path, whatever the query says', async () => {
  const { requests } = await call({ query: 'connectionId=acme.another-user' });
  expect(requests).toEqual([{ connectionId: 'acme.user-42' }]);
});

test.each([
  ['a malformed connection id', { id: '../x' }],
  ['an empty connection id', { id: '' }],
  ['a min_ttl that is no number', { query: 'min_ttl=1e3' }],
  ['an empty min_ttl', { query: 'min_ttl=' }],
  ['a negative min_ttl', { query: 'min_ttl=-1' }],
  ['a repeated min_ttl', { query: 'min_ttl=1&min_ttl=2' }],
  ['a rejected token in upper case', { headers: { 'x-rejected-token': '0123456789ABCDEF' } }],
  ['a whole token as rejected token', { headers: { 'x-rejected-token': 'eyJhbGciOiJSUzI1NiJ9' } }],
])('%s is refused before anything is read', async (_, event) => {
  const { answer, body, requests } = await call(event);
  expect(answer.statusCode).toBe(400);
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(body.code).toBe('invalid_request');
  expect(requests).toEqual([]);
});

test('a refused header is not repeated in the answer', async () => {
  const { answer } = await call({ headers: { 'x-rejected-token': 'a-whole-access-token' } });
  expect(answer.body).not.toContain('a-whole-access-token');
});

test.each<[VendResult, number, object]>([
  [{ outcome: 'not-found' }, 404, { code: 'connection_not_found' }],
  [{ outcome: 'reauthorization-required' }, 409, { code: 'reauthorization_required' }],
  [
    { outcome: 'user-action-required', jumpUrl: 'https://account.adobe.com/terms' },
    409,
    { code: 'user_action_required', userActionUrl: 'https://account.adobe.com/terms' },
  ],
  [{ outcome: 'not-renewable' }, 409, { code: 'not_renewable' }],
  [{ outcome: 'min-ttl-too-long', maximumSeconds: 1800 }, 400, { maximumMinTtl: 1800 }],
  [{ outcome: 'scopes-not-granted', retryAfterMs: 60_000 }, 400, { code: 'scopes_not_granted' }],
  [
    { outcome: 'unknown-scope-set', available: [['AdobeID', 'openid'], ['openid']] },
    400,
    { code: 'scopes_not_available', availableScopes: [['AdobeID', 'openid'], ['openid']] },
  ],
])('%o is answered with its problem', async (result, status, members) => {
  const { answer, body } = await call({}, result);
  expect(answer.statusCode).toBe(status);
  expect(body).toMatchObject(members);
});

test('the answer to a refused min_ttl names the longest one in its detail as well', async () => {
  const { body } = await call({}, { outcome: 'min-ttl-too-long', maximumSeconds: 1800 });
  expect(body.detail).toContain('1800');
});

test('a temporary failure says when to retry, an hour at most', async () => {
  const soon = await call({}, { outcome: 'unavailable', reason: 'unknown', retryAfterMs: 1200 });
  expect(soon.answer.statusCode).toBe(503);
  expect(soon.answer.headers['retry-after']).toBe('2');
  const late = await call({}, { outcome: 'unavailable', reason: 'backoff', retryAfterMs: 9e7 });
  expect(late.answer.headers['retry-after']).toBe('3600');
});

test('a grant that Adobe refuses is named: since when, and when it is tried next', async () => {
  const sinceMs = Date.UTC(2026, 0, 15, 10);
  const suspicion = { sinceMs, nextTryAtMs: sinceMs + 8 * 3_600_000 };
  const failure = { outcome: 'unavailable', reason: 'backoff', retryAfterMs: 9e7, suspicion } as const;
  expect((await call({}, failure)).body).toMatchObject({
    code: 'temporarily_unavailable',
    suspectSince: '2026-01-15T10:00:00.000Z',
    nextTryAt: '2026-01-15T18:00:00.000Z',
  });
});

test('another method vends nothing', async () => {
  const route = createAccessTokenRoute({
    vendAccessToken: () => Promise.reject(new Error('not to be called')),
    revokeAccessTokens: () => Promise.reject(new Error('not to be called')),
  });
  const answer = await route(
    { routeKey: 'PUT /access-tokens/{connectionId}', pathParameters: { connectionId: 'acme.user-42' } },
    { getRemainingTimeInMillis: () => 29_000 },
  );
  expect(answer.statusCode).toBe(404);
});
