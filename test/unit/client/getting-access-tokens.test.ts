import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { ScopesNotAvailableError, type VaultErrorCode } from '../../../client/index.ts';
import { until } from '../../support/time/until.ts';
import { clientFixture, ID, problemAnswer, tokenAnswer } from './client-fixture.ts';

test('a token is asked for with its connection in the path and the wishes in the query', async () => {
  const { client, calls, clock } = clientFixture(() => tokenAnswer('t1', { scopes: ['AdobeID', 'openid'] }));
  const token = await client.getAccessToken(ID, { minTtlSeconds: 600, scopes: ['openid', 'AdobeID'] });
  expect(calls[0]?.url.href).toBe(
    'https://abc123.execute-api.eu-west-1.amazonaws.com/access-tokens/acme.user-42?min_ttl=600&scopes=AdobeID%20openid',
  );
  expect(token.accessToken).toBe('t1');
  expect(token.authorization).toBe('Bearer t1');
  expect(token).toMatchObject({
    connectionId: ID,
    tokenType: 'Bearer',
    scopes: ['AdobeID', 'openid'],
    expiresAtMs: clock.nowMs + 86_400_000,
  });
});

test('the base path of a custom domain is kept', async () => {
  const { client, calls } = clientFixture(() => tokenAnswer('t1'), {
    url: 'https://api.acme.example/vault/',
    region: 'eu-west-1',
  });
  await client.getAccessToken(ID);
  expect(calls[0]?.url.href).toBe('https://api.acme.example/vault/access-tokens/acme.user-42');
});

test('a token cannot be printed by accident', async () => {
  const { client } = clientFixture(() => tokenAnswer('planted-token'));
  const token = await client.getAccessToken(ID);
  for (const shown of [String(token), JSON.stringify({ token }), inspect(token), inspect([{ token }])]) {
    expect(shown).not.toContain('planted-token');
  }
});

test('a token is used from memory until the longest cache age, then asked for again', async () => {
  const { client, calls, clock } = clientFixture((_, number) => tokenAnswer(`t${number}`));
  expect((await client.getAccessToken(ID)).accessToken).toBe('t1');
  clock.nowMs += 299_000;
  expect((await client.getAccessToken(ID)).accessToken).toBe('t1');
  clock.nowMs += 1000;
  expect((await client.getAccessToken(ID)).accessToken).toBe('t2');
  expect(calls).toHaveLength(2);
});

test('a cached token is not used in the last five minutes of its life', async () => {
  const { client, calls, clock } = clientFixture(() => tokenAnswer('t', { expiresInSeconds: 3600 }), {
    maxCacheSeconds: 86_400,
  });
  await client.getAccessToken(ID);
  clock.nowMs += 3_299_000;
  await client.getAccessToken(ID);
  expect(calls).toHaveLength(1);
  clock.nowMs += 1000;
  await client.getAccessToken(ID);
  expect(calls).toHaveLength(2);
});

test('processes do not ask in step: a cached token ends up to a tenth earlier', async () => {
  const { client, calls, clock } = clientFixture(() => tokenAnswer('t'), { random: () => 1 });
  await client.getAccessToken(ID);
  clock.nowMs += 271_000;
  await client.getAccessToken(ID);
  expect(calls).toHaveLength(2);
});

test('a cached token with less life than asked is passed over', async () => {
  const { client, calls } = clientFixture((_, number) =>
    tokenAnswer(`t${number}`, { expiresInSeconds: number === 1 ? 3600 : 86_400 }),
  );
  await client.getAccessToken(ID);
  expect((await client.getAccessToken(ID, { minTtlSeconds: 7200 })).accessToken).toBe('t2');
  expect(calls).toHaveLength(2);
});

test('tokens of different connections and scope sets are kept apart', async () => {
  const { client, calls } = clientFixture(({ url }) =>
    tokenAnswer(url.pathname + url.search, { connectionId: url.pathname.split('/').at(-1) }),
  );
  const texts = [
    await client.getAccessToken('a'),
    await client.getAccessToken('b'),
    await client.getAccessToken('a', { scopes: ['openid'] }),
    await client.getAccessToken('a'),
  ].map(({ accessToken }) => accessToken);
  expect(texts).toEqual([
    '/access-tokens/a',
    '/access-tokens/b',
    '/access-tokens/a?scopes=openid',
    '/access-tokens/a',
  ]);
  expect(calls).toHaveLength(3);
});

test('the least recently used connection leaves a full cache first', async () => {
  const { client, calls } = clientFixture(
    ({ url }) => tokenAnswer('t', { connectionId: url.pathname.split('/').at(-1) }),
    { maxCacheEntries: 2 },
  );
  for (const id of ['a', 'b', 'a', 'c', 'a', 'b']) await client.getAccessToken(id);
  expect(calls.map(({ url }) => url.pathname.at(-1))).toEqual(['a', 'b', 'c', 'b']);
});

test('connections in use stay in a full cache while a thousand others pass through', async () => {
  const { client, calls } = clientFixture(
    ({ url }) => tokenAnswer('t', { connectionId: url.pathname.split('/').at(-1) }),
    { maxCacheEntries: 10 },
  );
  const inUse = ['in-use-1', 'in-use-2', 'in-use-3'];
  for (let passing = 0; passing < 1000; passing++) {
    for (const id of inUse) await client.getAccessToken(id);
    await client.getAccessToken(`passing-${passing}`);
  }
  expect(calls).toHaveLength(inUse.length + 1000);
});

test('a cache of no entries keeps nothing', async () => {
  const { client, calls } = clientFixture(() => tokenAnswer('t'), { maxCacheEntries: 0 });
  for (const id of [ID, ID]) await client.getAccessToken(id);
  expect(calls).toHaveLength(2);
});

test('concurrent callers of one connection share one request', async () => {
  const { client, calls } = clientFixture(() => tokenAnswer('t'));
  const tokens = await Promise.all(Array.from({ length: 100 }, () => client.getAccessToken(ID)));
  expect(new Set(tokens).size).toBe(1);
  expect(calls).toHaveLength(1);
});

test('a caller that aborts does not abort the others', async () => {
  let answer = (_response: Response): void => undefined;
  const { client, calls } = clientFixture(
    () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
  );
  const leaving = new AbortController();
  const left = client.getAccessToken(ID, { signal: leaving.signal });
  const stayed = client.getAccessToken(ID);
  await until(() => calls.length === 1);
  leaving.abort(new Error('enough'));
  await expect(left).rejects.toThrow('enough');
  answer(tokenAnswer('t'));
  expect((await stayed).accessToken).toBe('t');
  expect(calls).toHaveLength(1);
  expect(calls[0]?.signal.aborted).toBe(false);
});

test('when the last caller aborts, the request is aborted, and the next caller starts afresh', async () => {
  const { client, calls } = clientFixture(({ signal }, number) =>
    number > 1
      ? tokenAnswer('t')
      : new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        }),
  );
  const one = new AbortController();
  const other = new AbortController();
  const asked = [one, other].map(({ signal }) => client.getAccessToken(ID, { signal }));
  await until(() => calls.length === 1);
  one.abort(new Error('one'));
  expect(calls[0]?.signal.aborted).toBe(false);
  other.abort(new Error('other'));
  expect(calls[0]?.signal.aborted).toBe(true);
  await expect(Promise.allSettled(asked)).resolves.toMatchObject([
    { reason: { message: 'one' } },
    { reason: { message: 'other' } },
  ]);
  expect((await client.getAccessToken(ID)).accessToken).toBe('t');
});

test('an aborted signal asks for nothing', async () => {
  const { client, calls } = clientFixture(() => tokenAnswer('t'));
  await expect(client.getAccessToken(ID, { signal: AbortSignal.abort() })).rejects.toThrow();
  expect(calls).toEqual([]);
});

test('a rejected token leaves the cache, and the vault gets its digest, not its value', async () => {
  const { client, calls } = clientFixture((_, number) => tokenAnswer(`t${number}`));
  const { accessToken } = await client.getAccessToken(ID);
  expect((await client.getAccessToken(ID, { rejected: accessToken })).accessToken).toBe('t2');
  expect(calls[1]?.headers.get('x-rejected-token')).toBe('628b49d96dcde97a');
  expect((await client.getAccessToken(ID)).accessToken).toBe('t2');
  expect(calls).toHaveLength(2);
});

test('rejecting a token that was replaced already brings the newer one from memory', async () => {
  const { client, calls } = clientFixture(() => tokenAnswer('newer'));
  await client.getAccessToken(ID);
  expect((await client.getAccessToken(ID, { rejected: 'older' })).accessToken).toBe('newer');
  expect(calls).toHaveLength(1);
});

test('a server error is tried once more', async () => {
  const { client, calls } = clientFixture((_, number) =>
    number === 1 ? new Response('', { status: 502 }) : tokenAnswer('t'),
  );
  expect((await client.getAccessToken(ID)).accessToken).toBe('t');
  expect(calls).toHaveLength(2);
});

test('a network error is tried once more, then thrown with its cause', async () => {
  const { client, calls } = clientFixture(() => Promise.reject(new TypeError('fetch failed')));
  await expect(client.getAccessToken(ID)).rejects.toMatchObject({
    code: 'vault_unreachable',
    cause: { message: 'fetch failed' },
  });
  expect(calls).toHaveLength(2);
});

test('a vault that asks for a long pause is not waited for', async () => {
  const { client, calls } = clientFixture(() =>
    problemAnswer(503, 'temporarily_unavailable', {}, { 'retry-after': '60' }),
  );
  await expect(client.getAccessToken(ID)).rejects.toMatchObject({
    code: 'temporarily_unavailable',
    retryAfterSeconds: 60,
  });
  expect(calls).toHaveLength(1);
});

test('a grant that Adobe refuses is suspect: since when, and when it is tried next', async () => {
  const suspect = { suspectSince: '2026-01-15T10:00:00.000Z', nextTryAt: '2026-01-15T18:37:00.000Z' };
  const { client } = clientFixture(() =>
    problemAnswer(503, 'temporarily_unavailable', suspect, { 'retry-after': '3600' }),
  );
  await expect(client.getAccessToken(ID)).rejects.toMatchObject({
    code: 'temporarily_unavailable',
    suspect: { sinceMs: Date.UTC(2026, 0, 15, 10), nextTryAtMs: Date.UTC(2026, 0, 15, 18, 37) },
  });
});

test.each([
  [{}],
  [{ suspectSince: '2026-01-15T10:00:00Z' }],
  [{ suspectSince: 1, nextTryAt: 2 }],
  [{ suspectSince: 'yesterday', nextTryAt: '2026-01-15T18:37:00Z' }],
  [{ suspectSince: '2026-01-15T10:00:00Z', nextTryAt: '2026-99-99T10:00:00Z' }],
])('%j names no suspect grant', async (members) => {
  const { client } = clientFixture(() =>
    problemAnswer(503, 'temporarily_unavailable', members, { 'retry-after': '3600' }),
  );
  await expect(client.getAccessToken(ID)).rejects.toMatchObject({ suspect: undefined });
});

test('a retry date is read as seconds from now', async () => {
  const { client } = clientFixture(() =>
    problemAnswer(503, 'temporarily_unavailable', {}, { 'retry-after': 'Thu, 15 Jan 2026 12:02:00 GMT' }),
  );
  await expect(client.getAccessToken(ID)).rejects.toMatchObject({ retryAfterSeconds: 120 });
});

test.each([
  ['a date far ahead', 'Fri, 31 Dec 9999 23:59:59 GMT', 86_400],
  ['many seconds', '999999', 86_400],
  ['a date that is none', 'a 1', undefined],
])(
  'a pause of %s is bounded, because a timer that is too long fires at once',
  async (_, header, expected) => {
    const { client } = clientFixture(() =>
      problemAnswer(503, 'temporarily_unavailable', {}, { 'retry-after': header }),
    );
    await expect(client.getAccessToken(ID)).rejects.toMatchObject({ retryAfterSeconds: expected });
  },
);

test('the pause before a retry ends with the caller', async () => {
  const { client, calls } = clientFixture(() =>
    problemAnswer(503, 'temporarily_unavailable', {}, { 'retry-after': '5' }),
  );
  const caller = new AbortController();
  const asked = client.getAccessToken(ID, { signal: caller.signal });
  await until(() => calls.length === 1);
  caller.abort(new Error('enough'));
  await expect(asked).rejects.toThrow('enough');
  expect(calls).toHaveLength(1);
});

test.each<[number, string, VaultErrorCode, object]>([
  [400, 'invalid_request', 'invalid_request', {}],
  [404, 'connection_not_found', 'connection_not_found', {}],
  [409, 'reauthorization_required', 'reauthorization_required', {}],
  [409, 'user_action_required', 'user_action_required', { userActionUrl: 'https://account.adobe.com/terms' }],
  [409, 'not_renewable', 'not_renewable', {}],
])('%i %s becomes the error %s, without a retry', async (status, problem, code, members) => {
  const { client, calls } = clientFixture(() => problemAnswer(status, problem, members));
  await expect(client.getAccessToken(ID)).rejects.toMatchObject({ code, ...members });
  expect(calls).toHaveLength(1);
});

test.each<[string, Response, VaultErrorCode]>([
  ["IAM's refusal", Response.json({ message: 'Forbidden' }, { status: 403 }), 'access_denied'],
  ['an unknown route', Response.json({ message: 'Not Found' }, { status: 404 }), 'unexpected_answer'],
  ['a web page', new Response('<html>', { status: 200 }), 'unexpected_answer'],
  ['a redirect', new Response(null, { status: 302, headers: { location: '/' } }), 'unexpected_answer'],
  ["another connection's token", tokenAnswer('t', { connectionId: 'acme.other' }), 'unexpected_answer'],
  ['an empty token', tokenAnswer(''), 'unexpected_answer'],
])('%s is the error %s', async (_, answer, code) => {
  const { client } = clientFixture(() => answer);
  await expect(client.getAccessToken(ID)).rejects.toMatchObject({ code });
});

test('a connection that is gone leaves the cache', async () => {
  const { client, calls } = clientFixture((_, number) =>
    number === 2 ? problemAnswer(404, 'connection_not_found') : tokenAnswer('t', { expiresInSeconds: 3600 }),
  );
  await client.getAccessToken(ID);
  await expect(client.getAccessToken(ID, { minTtlSeconds: 7200 })).rejects.toThrow();
  await client.getAccessToken(ID);
  expect(calls).toHaveLength(3);
});

test('a failed request is not remembered', async () => {
  const { client } = clientFixture((_, number) =>
    number === 1 ? problemAnswer(409, 'reauthorization_required') : tokenAnswer('t'),
  );
  await expect(client.getAccessToken(ID)).rejects.toMatchObject({ code: 'reauthorization_required' });
  expect((await client.getAccessToken(ID)).accessToken).toBe('t');
});

test.each([
  ['', {}],
  ['../admin', {}],
  ['a/b', {}],
  ['a'.repeat(129), {}],
  [ID, { minTtlSeconds: 1.5 }],
  [ID, { minTtlSeconds: -1 }],
  [ID, { scopes: [] }],
  [ID, { scopes: ['openid AdobeID'] }],
  [ID, { scopes: ['*'] }],
])('a malformed request (%s) is refused here', async (connectionId, options) => {
  const { client, calls } = clientFixture(() => tokenAnswer('t'));
  await expect(client.getAccessToken(connectionId, options)).rejects.toMatchObject({
    code: 'invalid_request',
  });
  expect(calls).toEqual([]);
});

test('a token with fewer scopes than asked for is refused with what the user granted', async () => {
  const { client, calls } = clientFixture(() => tokenAnswer('t', { scopes: ['openid'] }));
  const scopes = ['openid', 'lr_partner_apis', 'offline_access'];
  await expect(client.getAccessToken(ID, { scopes })).rejects.toMatchObject({
    code: 'scopes_not_granted',
    granted: ['openid'],
    message: "The user's grant does not cover lr_partner_apis.",
  });
  expect(calls).toHaveLength(1);
});

test('scopes that Adobe refuses are not granted', async () => {
  const { client } = clientFixture(() => problemAnswer(400, 'scopes_not_granted'));
  await expect(client.getAccessToken(ID, { scopes: ['AdobeID'] })).rejects.toMatchObject({
    code: 'scopes_not_granted',
    granted: undefined,
  });
});

test('a scope set the vault does not vend is refused with those it does, each fit to be passed back', async () => {
  const vended = [['AdobeID', 'openid'], ['openid']];
  const { client, calls } = clientFixture(({ url }) => {
    const scopes = url.searchParams.get('scopes')?.split(' ') ?? [];
    return vended.some((set) => set.join() === scopes.join())
      ? tokenAnswer('t', { scopes })
      : problemAnswer(400, 'scopes_not_available', { availableScopes: vended });
  });
  const error = await client.getAccessToken(ID, { scopes: ['AdobeID'] }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'scopes_not_available', available: vended });
  if (!(error instanceof ScopesNotAvailableError)) throw new Error('another error');
  for (const scopes of error.available) {
    await expect(client.getAccessToken(ID, { scopes })).resolves.toMatchObject({ scopes });
  }
  expect(calls).toHaveLength(3);
});

test.each([undefined, 'openid', [7], [['openid', 7]]])('a list of sets like %j is left out', async (sets) => {
  const { client } = clientFixture(() =>
    problemAnswer(400, 'scopes_not_available', { availableScopes: sets }),
  );
  await expect(client.getAccessToken(ID, { scopes: ['AdobeID'] })).rejects.toMatchObject({
    code: 'scopes_not_available',
    available: [],
  });
});

test('credentials that cannot be had are a typed error', async () => {
  const { client, calls } = clientFixture(() => tokenAnswer('t'), {
    credentials: () => Promise.reject(new Error('no profile')),
  });
  await expect(client.getAccessToken(ID)).rejects.toMatchObject({
    code: 'credentials_unavailable',
    cause: { message: 'no profile' },
  });
  expect(calls).toEqual([]);
});

test('a malformed id among many fails alone', async () => {
  const { client } = clientFixture(() => tokenAnswer('t'));
  const results = await client.getAccessTokens([ID, 'a/b']);
  expect(results.get(ID)?.token?.accessToken).toBe('t');
  expect(results.get('a/b')?.error?.code).toBe('invalid_request');
});

test('many tokens are asked for side by side, ten at a time, and one failure stays alone', async () => {
  let running = 0;
  let most = 0;
  const { client } = clientFixture(async ({ url }) => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    const connectionId = url.pathname.split('/').at(-1) ?? '';
    return connectionId === 'user-7'
      ? problemAnswer(404, 'connection_not_found')
      : tokenAnswer(`of ${connectionId}`, { connectionId });
  });
  const ids = Array.from({ length: 40 }, (_, index) => `user-${index}`);
  const results = await client.getAccessTokens([...ids, ...ids]);
  expect(results.size).toBe(40);
  expect(results.get('user-3')?.token?.accessToken).toBe('of user-3');
  expect(results.get('user-7')?.error?.code).toBe('connection_not_found');
  expect(most).toBe(10);
});
