import { describe, expect, test } from 'vitest';
import { AccessToken } from '../../../client/access-token.ts';
import { authorizedFetch } from '../../../client/authorized-fetch.ts';
import { clientFixture, ID, tokenAnswer } from './client-fixture.ts';

const CATALOG = 'https://lr.adobe.io/v2/catalog';
const START_MS = Date.UTC(2026, 0, 15, 12);

/** The Adobe API answers with `answers`, one after the other, then with 200. Pauses pass at once. */
function fixture(answers: readonly (() => Response)[], random = 0, beforePause = () => {}) {
  const sent: (string | null)[] = [];
  const pausesMs: number[] = [];
  const deps = {
    fence: () => {},
    headers: {},
    nowMs: () => START_MS,
    random: () => random,
    accessToken: async (_: AbortSignal | undefined, rejected?: string) =>
      new AccessToken({
        accessToken: rejected === undefined ? 'token-1' : 'token-2',
        connectionId: ID,
        expiresAtMs: START_MS + 3_600_000,
        scopes: [],
      }),
    sleep: async (pauseMs: number, signal: AbortSignal) => {
      pausesMs.push(pauseMs);
      beforePause();
      signal.throwIfAborted();
    },
    fetch: async (_: unknown, init?: RequestInit) => {
      sent.push(new Headers(init?.headers).get('authorization'));
      return answers[sent.length - 1]?.() ?? new Response('served');
    },
  };
  const call = (target: string | Request, init: RequestInit = {}) => authorizedFetch(deps, target, init);
  return { call, sent, pausesMs };
}

const refusal =
  (status: number, headers: Record<string, string> = {}) =>
  () =>
    new Response(`no: ${status}`, { status, headers });

test.each([429, 500, 502, 503, 504, 520])('a GET that gets %i is sent again', async (status) => {
  const { call, sent, pausesMs } = fixture([refusal(status)]);
  expect(await (await call(CATALOG)).text()).toBe('served');
  expect(sent).toEqual(['Bearer token-1', 'Bearer token-1']);
  expect(pausesMs).toEqual([500]);
});

test('there are three requests at most, and the last answer is the caller’s, to read', async () => {
  const { call, sent, pausesMs } = fixture([refusal(503), refusal(502), refusal(500)]);
  const response = await call(CATALOG);
  expect([response.status, await response.text()]).toEqual([500, 'no: 500']);
  expect(sent).toHaveLength(3);
  expect(pausesMs).toEqual([500, 1000]);
});

test('a token that is refused counts among the three', async () => {
  const { call, sent } = fixture([refusal(503), refusal(401), refusal(503), refusal(503)]);
  expect((await call(CATALOG)).status).toBe(503);
  expect(sent).toEqual(['Bearer token-1', 'Bearer token-1', 'Bearer token-2']);
});

test.each(['get', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])('%s may be sent again', async (method) => {
  const { call, sent } = fixture([refusal(503)]);
  expect((await call(CATALOG, { method })).status).toBe(200);
  expect(sent).toHaveLength(2);
});

test.each([
  ['a POST', { method: 'POST', body: 'x' }],
  ['a PATCH', { method: 'PATCH', body: 'x' }],
  ['a method of its own', { method: 'MKCOL' }],
  [
    'a body that can be read only once',
    { method: 'PUT', body: new ReadableStream(), duplex: 'half' } as const,
  ],
])('%s is not sent again', async (_, init) => {
  for (const status of [429, 503]) {
    const { call, sent } = fixture([refusal(status, { 'retry-after': '1' })]);
    expect((await call(CATALOG, init)).status).toBe(status);
    expect(sent).toHaveLength(1);
  }
});

test('a Request is sent again without a body, and not with one', async () => {
  const plain = fixture([refusal(503)]);
  expect((await plain.call(new Request(CATALOG))).status).toBe(200);
  const withBody = fixture([refusal(503)]);
  const request = new Request(CATALOG, { method: 'PUT', body: 'x' });
  expect((await withBody.call(request)).status).toBe(503);
  expect([plain.sent.length, withBody.sent.length]).toEqual([2, 1]);
});

test.each([200, 304, 400, 403, 404, 409, 501])('the answer %i is the caller’s', async (status) => {
  const { call, sent } = fixture([() => new Response(null, { status, headers: { 'retry-after': '1' } })]);
  expect((await call(CATALOG)).status).toBe(status);
  expect(sent).toHaveLength(1);
});

describe('Retry-After', () => {
  test.each([
    ['seconds', { 'retry-after': '4' }, [4000]],
    ['no time at all', { 'retry-after': '0' }, [500]],
    ['a date', { 'retry-after': 'Thu, 15 Jan 2026 12:00:03 GMT' }, [3000]],
    ['a date that has passed', { 'retry-after': 'Thu, 15 Jan 2026 11:00:00 GMT' }, [500]],
    [
      'a date, by the clock of the API',
      { 'retry-after': 'Thu, 15 Jan 2026 13:00:03 GMT', date: 'Thu, 15 Jan 2026 13:00:00 GMT' },
      [3000],
    ],
    ['nonsense', { 'retry-after': 'soon' }, [500]],
    ['less than nothing', { 'retry-after': '-1' }, [500]],
  ])('that says %s', async (_, headers, expected) => {
    const { call, pausesMs } = fixture([refusal(429, headers)]);
    expect((await call(CATALOG)).status).toBe(200);
    expect(pausesMs).toEqual(expected);
  });

  test.each(['11', '9999999', '9'.repeat(400), 'Fri, 16 Jan 2026 12:00:00 GMT'])(
    'of %s is longer than a call waits: the answer is the caller’s at once',
    async (value) => {
      const { call, sent, pausesMs } = fixture([refusal(429, { 'retry-after': value })]);
      const response = await call(CATALOG);
      expect([response.status, response.headers.get('retry-after')]).toEqual([429, value]);
      expect(sent).toHaveLength(1);
      expect(pausesMs).toEqual([]);
    },
  );

  test('is bounded over all pauses of a call', async () => {
    const { call, sent, pausesMs } = fixture([
      refusal(429, { 'retry-after': '6' }),
      refusal(429, { 'retry-after': '5' }),
    ]);
    expect((await call(CATALOG)).status).toBe(429);
    expect(sent).toHaveLength(2);
    expect(pausesMs).toEqual([6000]);
  });

  test('is spread, and never shortened', async () => {
    const { call, pausesMs } = fixture([refusal(429, { 'retry-after': '4' }), refusal(503)], 0.5);
    await call(CATALOG);
    expect(pausesMs).toEqual([4500, 1125]);
  });
});

test('an abort while the call waits ends it with the reason of the signal', async () => {
  const controller = new AbortController();
  const { call, sent } = fixture([refusal(503)], 0, () => controller.abort(new Error('enough')));
  await expect(call(CATALOG, { signal: controller.signal })).rejects.toThrow('enough');
  expect(sent).toHaveLength(1);
});

test('the client itself waits, and hears an abort while it does', async () => {
  const controller = new AbortController();
  const { client, calls } = clientFixture(({ url }, number) => {
    if (url.href !== CATALOG) return tokenAnswer('token');
    if (number > 3) setImmediate(() => controller.abort(new Error('enough')));
    return number === 3 ? new Response('served') : new Response('', { status: 503 });
  });
  expect(await (await client.fetch(ID, CATALOG)).text()).toBe('served');
  await expect(client.fetch(ID, CATALOG, { signal: controller.signal })).rejects.toThrow('enough');
  expect(calls).toHaveLength(4);
});
