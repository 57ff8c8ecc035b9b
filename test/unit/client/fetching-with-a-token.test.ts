import { expect, test } from 'vitest';
import { ADOBE_API_HOSTS, createTokenClient } from '../../../client/index.ts';
import { ID, problemAnswer, tokenAnswer } from './client-fixture.ts';

interface AdobeCall {
  readonly url: string;
  readonly method: string;
  readonly authorization: string | null;
  readonly body: unknown;
}

const VAULT = 'https://abc123.execute-api.eu-west-1.amazonaws.com';

/** One client; what goes to the vault is answered with `token-1`, `token-2`, …, the rest by `adobe`. */
function fixture(
  adobe: (call: AdobeCall, number: number) => Response | Promise<Response>,
  vault: (number: number) => Response = (number) => tokenAnswer(`token-${number}`),
  allowedHosts: readonly string[] = ADOBE_API_HOSTS,
) {
  const adobeCalls: AdobeCall[] = [];
  const rejected: (string | null)[] = [];
  const client = createTokenClient({
    url: VAULT,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example' },
    allowedHosts,
    fetch: async (input, init) => {
      const headers = new Headers(init?.headers);
      if (String(input).startsWith(VAULT)) {
        rejected.push(headers.get('x-rejected-token'));
        return vault(rejected.length);
      }
      const call = {
        url: String(input),
        method: init?.method ?? 'GET',
        authorization: headers.get('authorization'),
        body: init?.body,
      };
      adobeCalls.push(call);
      return adobe(call, adobeCalls.length);
    },
  });
  return { client, adobeCalls, rejected };
}

function OK() {
  return new Response('{}');
}

function EXPIRED() {
  return new Response('while (1) {}\n{"code":4300,"description":"Access is forbidden"}', { status: 403 });
}

test('a request carries the token of its connection, whatever the caller put there', async () => {
  const { client, adobeCalls } = fixture(OK);
  const response = await client.fetch(ID, 'https://lr.adobe.io/v2/catalog', {
    headers: { authorization: 'Bearer mine', 'x-api-key': 'key' },
  });
  expect(response.status).toBe(200);
  expect(adobeCalls).toMatchObject([{ authorization: 'Bearer token-1' }]);
});

test.each([
  'https://adobe.io/',
  'https://lr.adobe.io/v2/catalog',
  'https://analytics.adobe.io/api',
  'https://api.frame.io/v4/me',
])('%s is an Adobe API', async (url) => {
  await expect(fixture(OK).client.fetch(ID, url)).resolves.toMatchObject({ status: 200 });
});

test.each([
  'http://lr.adobe.io/v2/catalog',
  'https://evil-adobe.io/',
  'https://adobe.io.evil.example/',
  'https://adobe.io@evil.example/',
  'https://user:pass@lr.adobe.io/',
  'https://lr.adobe.io:8443/',
  'https://lr.adobe.io./',
  'https://frame.io/',
  'https://www.adobe.com/',
  'https://customer.campaign.adobe.com/hook.jssp',
  'https://runtime.adobe.io/api/v1/web/namespace/action',
  'https://namespace.runtime.adobe.io/api/v1/web/action',
  'https://127.0.0.1/',
  'http://localhost:3000/',
])('%s gets no token, and none is asked for', async (url) => {
  const { client, adobeCalls, rejected } = fixture(OK);
  await expect(client.fetch(ID, url)).rejects.toMatchObject({ code: 'host_not_allowed' });
  expect(adobeCalls).toEqual([]);
  expect(rejected).toEqual([]);
});

test('a refusal names the host and nothing else of the URL', async () => {
  const asked = fixture(OK).client.fetch(ID, 'https://evil.example/path?secret=planted');
  await expect(asked).rejects.toThrow(/^((?!planted).)*evil\.example((?!planted).)*$/);
});

test('an application that Adobe runs for a customer gets a token only where it is listed itself', async () => {
  const listed = fixture(OK, undefined, ['adobe.io', 'ours.runtime.adobe.io']);
  const ours = listed.client.fetch(ID, 'https://ours.runtime.adobe.io/api/v1/web/action');
  await expect(ours).resolves.toMatchObject({ status: 200 });
  const theirs = listed.client.fetch(ID, 'https://theirs.runtime.adobe.io/api/v1/web/action');
  await expect(theirs).rejects.toMatchObject({ code: 'host_not_allowed' });
});

test('a loopback host gets a token over http only where it is listed itself', async () => {
  const listed = fixture(OK, undefined, ['127.0.0.1:3000']);
  await expect(listed.client.fetch(ID, 'http://127.0.0.1:3000/')).resolves.toMatchObject({ status: 200 });
  await expect(listed.client.fetch(ID, 'http://127.0.0.1:3001/')).rejects.toMatchObject({
    code: 'host_not_allowed',
  });
});

test.each([
  ['a 401', () => new Response('', { status: 401 })],
  ["Lightroom's 403 with code 4300", EXPIRED],
  ['the same without a script reconciler', () => Response.json({ code: '4300' }, { status: 403 })],
])('%s is reported as rejected, and the request sent once more', async (_, refusal) => {
  const { client, adobeCalls, rejected } = fixture((__, number) => (number === 1 ? refusal() : OK()));
  const response = await client.fetch(ID, 'https://lr.adobe.io/v2/catalog', { method: 'POST', body: 'x' });
  expect(response.status).toBe(200);
  expect(rejected).toEqual([null, expect.stringMatching(/^[0-9a-f]{16}$/)]);
  expect(adobeCalls).toMatchObject([
    { authorization: 'Bearer token-1', method: 'POST', body: 'x' },
    { authorization: 'Bearer token-2', method: 'POST', body: 'x' },
  ]);
});

test('a second refusal is the answer: there is no third request', async () => {
  const { client, adobeCalls } = fixture(() => new Response('no', { status: 401 }));
  expect((await client.fetch(ID, 'https://lr.adobe.io/')).status).toBe(401);
  expect(adobeCalls).toHaveLength(2);
});

test.each([
  ['another code', Response.json({ code: 4301 }, { status: 403 })],
  ['no JSON', new Response('<html>4300</html>', { status: 403 })],
  ['no body', new Response(null, { status: 403 })],
])('a 403 with %s is left to the caller, and can still be read', async (_, refusal) => {
  const expected = await refusal.clone().text();
  const { client, adobeCalls, rejected } = fixture(() => refusal);
  const response = await client.fetch(ID, 'https://lr.adobe.io/');
  expect(await response.text()).toBe(expected);
  expect(adobeCalls).toHaveLength(1);
  expect(rejected).toEqual([null]);
});

test('a body that can be read only once is not sent again, but its token is reported', async () => {
  const { client, adobeCalls, rejected } = fixture(() => new Response('', { status: 401 }));
  const body = new ReadableStream({ start: (controller) => controller.close() });
  const init = { method: 'POST', body, duplex: 'half' } as const;
  expect((await client.fetch(ID, 'https://lr.adobe.io/', init)).status).toBe(401);
  expect(adobeCalls).toHaveLength(1);
  expect(rejected).toHaveLength(2);
});

test('when the vault has no other token for now, Adobe’s own answer is passed on', async () => {
  const { client, adobeCalls } = fixture(
    () => new Response('adobe says no', { status: 401 }),
    (number) =>
      number === 1
        ? tokenAnswer('token-1')
        : problemAnswer(503, 'temporarily_unavailable', {}, { 'retry-after': '60' }),
  );
  const response = await client.fetch(ID, 'https://lr.adobe.io/');
  expect(response.status).toBe(401);
  expect(await response.text()).toBe('adobe says no');
  expect(adobeCalls).toHaveLength(1);
});

test('when the refused token ends in a lost consent, that is what is thrown', async () => {
  const { client } = fixture(
    () => new Response('', { status: 401 }),
    (number) => (number === 1 ? tokenAnswer('token-1') : problemAnswer(409, 'reauthorization_required')),
  );
  await expect(client.fetch(ID, 'https://lr.adobe.io/')).rejects.toMatchObject({
    code: 'reauthorization_required',
  });
});

function redirectTo(location: string) {
  return new Response(null, { status: 302, headers: { location } });
}

test('a redirect within one origin is followed with the token', async () => {
  const { client, adobeCalls } = fixture((_, number) => (number === 1 ? redirectTo('/v2/other') : OK()));
  expect((await client.fetch(ID, 'https://lr.adobe.io/v2/catalog')).status).toBe(200);
  expect(adobeCalls.map(({ url }) => url)).toEqual([
    'https://lr.adobe.io/v2/catalog',
    'https://lr.adobe.io/v2/other',
  ]);
});

test.each([
  'https://evil.example/',
  'https://other.adobe.io/',
  'http://lr.adobe.io/',
  'https://lr.adobe.io:8443/',
])('a redirect to %s is handed to the caller and not followed', async (location) => {
  const { client, adobeCalls } = fixture(() => redirectTo(location));
  expect((await client.fetch(ID, 'https://lr.adobe.io/')).status).toBe(302);
  expect(adobeCalls).toHaveLength(1);
});

test('a redirected POST is handed to the caller', async () => {
  const { client, adobeCalls } = fixture(() => redirectTo('/again'));
  expect((await client.fetch(ID, 'https://lr.adobe.io/', { method: 'POST', body: 'x' })).status).toBe(302);
  expect(adobeCalls).toHaveLength(1);
});

test('a redirect loop ends after five hops', async () => {
  const { client, adobeCalls } = fixture(() => redirectTo('/again'));
  expect((await client.fetch(ID, 'https://lr.adobe.io/')).status).toBe(302);
  expect(adobeCalls).toHaveLength(6);
});
