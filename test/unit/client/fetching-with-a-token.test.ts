import { describe, expect, test } from 'vitest';
import {
  ADOBE_API_HOSTS,
  AEM_HOSTS,
  COMMERCE_HOSTS,
  createTokenClient,
  type TokenClientOptions,
  WORKFRONT_HOSTS,
} from '../../../client/index.ts';
import { ID, problemAnswer, tokenAnswer } from './client-fixture.ts';

interface AdobeCall {
  readonly url: string;
  readonly method: string;
  readonly authorization: string | null;
  readonly body: unknown;
  readonly headers: Headers;
}

const VAULT = 'https://abc123.execute-api.eu-west-1.amazonaws.com';

/** One client; what goes to the vault is answered with `token-1`, `token-2`, …, the rest by `adobe`. */
function fixture(
  adobe: (call: AdobeCall, number: number) => Response | Promise<Response>,
  vault: (number: number) => Response = (number) => tokenAnswer(`token-${number}`),
  { allowedHosts = ADOBE_API_HOSTS, ...options }: Partial<TokenClientOptions> = {},
) {
  const adobeCalls: AdobeCall[] = [];
  const rejected: (string | null)[] = [];
  const client = createTokenClient({
    url: VAULT,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example' },
    allowedHosts,
    random: () => 0,
    ...options,
    fetch: async (input, init) => {
      const headers = new Headers(init?.headers);
      if (String(input).startsWith(VAULT)) {
        rejected.push(headers.get('x-rejected-token'));
        return vault(rejected.length);
      }
      const call = {
        url: input instanceof Request ? input.url : String(input),
        method: init?.method ?? 'GET',
        authorization: headers.get('authorization'),
        // As the global `fetch` does, and as often: a body is used up.
        body: input instanceof Request ? await new Request(input, init).text() : init?.body,
        headers,
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
  const listed = fixture(OK, undefined, {
    allowedHosts: ['adobe.io', 'ours.runtime.adobe.io'],
  });
  const ours = listed.client.fetch(ID, 'https://ours.runtime.adobe.io/api/v1/web/action');
  await expect(ours).resolves.toMatchObject({ status: 200 });
  const theirs = listed.client.fetch(ID, 'https://theirs.runtime.adobe.io/api/v1/web/action');
  await expect(theirs).rejects.toMatchObject({ code: 'host_not_allowed' });
});

const FURTHER = [
  ['AEM_HOSTS', AEM_HOSTS, 'author-p123-e456.adobeaemcloud.com'],
  ['AEM_HOSTS', AEM_HOSTS, 'publish-p123-e456.adobeaemcloud.com'],
  ['COMMERCE_HOSTS', COMMERCE_HOSTS, 'na1.api.commerce.adobe.com'],
  ['COMMERCE_HOSTS', COMMERCE_HOSTS, 'na1-sandbox.api.commerce.adobe.com'],
  ['WORKFRONT_HOSTS', WORKFRONT_HOSTS, 'acme.my.workfront.com'],
  ['WORKFRONT_HOSTS', WORKFRONT_HOSTS, 'acme.preview.workfront.com'],
  ['WORKFRONT_HOSTS', WORKFRONT_HOSTS, 'acme.sb01.workfront.com'],
  ['WORKFRONT_HOSTS', WORKFRONT_HOSTS, 'acme.sb02.workfront.com'],
] as const;

test.each(FURTHER)('%s gets a token only where it is listed', async (_, hosts, host) => {
  const url = `https://${host}/`;
  const listed = fixture(OK, undefined, { allowedHosts: [...ADOBE_API_HOSTS, ...hosts] });
  await expect(listed.client.fetch(ID, url)).resolves.toMatchObject({ status: 200 });
  const others = [AEM_HOSTS, COMMERCE_HOSTS, WORKFRONT_HOSTS].filter((one) => one !== hosts).flat();
  for (const allowedHosts of [ADOBE_API_HOSTS, others]) {
    const asked = fixture(OK, undefined, { allowedHosts }).client.fetch(ID, url);
    await expect(asked).rejects.toMatchObject({ code: 'host_not_allowed' });
  }
});

test.each([
  'https://author-p1-e2.adobeaemcloud.com.evil.example/',
  'https://evil-adobeaemcloud.com/',
  'https://main--site--acme.aem.live/',
  'https://www.workfront.com/',
  'https://hooks.fusion.workfront.com/',
  'https://commerce.adobe.com/',
  'https://evil-api.commerce.adobe.com/',
  'https://acme.magento.cloud/',
  'http://acme.my.workfront.com/',
])('%s is on no list', async (url) => {
  const allowedHosts = [...ADOBE_API_HOSTS, ...AEM_HOSTS, ...COMMERCE_HOSTS, ...WORKFRONT_HOSTS];
  const asked = fixture(OK, undefined, { allowedHosts }).client.fetch(ID, url);
  await expect(asked).rejects.toMatchObject({ code: 'host_not_allowed' });
});

test('a loopback host gets a token over http only where it is listed itself', async () => {
  const listed = fixture(OK, undefined, { allowedHosts: ['127.0.0.1:3000'] });
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

const CATALOG = 'https://lr.adobe.io/v2/catalog';

describe('a Request', () => {
  test('is sent with its method, headers and body', async () => {
    const { client, adobeCalls } = fixture(OK);
    const headers = { 'content-type': 'text/x-mine', authorization: 'Bearer mine' };
    await client.fetch(ID, new Request(CATALOG, { method: 'PUT', body: 'text', headers }));
    expect(adobeCalls).toMatchObject([
      { url: CATALOG, method: 'PUT', authorization: 'Bearer token-1', body: 'text' },
    ]);
    expect(adobeCalls[0]?.headers.get('content-type')).toBe('text/x-mine');
  });

  test('leaves its place to the members of `init`', async () => {
    const { client, adobeCalls } = fixture(OK);
    const request = new Request(CATALOG, { method: 'PUT', body: 'text', headers: { 'x-mine': 'old' } });
    await client.fetch(ID, request, { method: 'POST', body: 'other', headers: { 'x-mine': 'new' } });
    expect(adobeCalls).toMatchObject([{ url: CATALOG, method: 'POST', body: 'other' }]);
    expect(adobeCalls[0]?.headers.get('x-mine')).toBe('new');
  });

  test('without a body is sent again with the next token', async () => {
    const { client, adobeCalls } = fixture((_, number) => (number === 1 ? EXPIRED() : OK()));
    const response = await client.fetch(ID, new Request(CATALOG, { headers: { 'x-mine': 'kept' } }));
    expect(response.status).toBe(200);
    expect(adobeCalls.map(({ headers }) => headers.get('x-mine'))).toEqual(['kept', 'kept']);
  });

  test('with a body is sent once, and a token that was refused is reported', async () => {
    const { client, adobeCalls, rejected } = fixture(() => new Response('no', { status: 401 }));
    const request = new Request(CATALOG, { method: 'POST', body: 'once' });
    expect((await client.fetch(ID, request)).status).toBe(401);
    expect(adobeCalls).toMatchObject([{ body: 'once' }]);
    expect(rejected).toHaveLength(2);
    expect(request.bodyUsed).toBe(true);
  });

  test('with a body but another in `init` is sent again with that one', async () => {
    const { client, adobeCalls } = fixture((_, number) => (number === 1 ? EXPIRED() : OK()));
    const request = new Request(CATALOG, { method: 'POST', body: 'old' });
    await client.fetch(ID, request, { body: 'new' });
    expect(adobeCalls).toMatchObject([{ body: 'new' }, { body: 'new' }]);
  });

  test('that is aborted asks for no token', async () => {
    const { client, adobeCalls, rejected } = fixture(OK);
    const request = new Request(CATALOG, { signal: AbortSignal.abort(new Error('enough')) });
    await expect(client.fetch(ID, request)).rejects.toThrow('enough');
    expect(adobeCalls).toEqual([]);
    expect(rejected).toEqual([]);
  });

  test('to another host gets no token', async () => {
    const { client, adobeCalls, rejected } = fixture(OK);
    const asked = client.fetch(ID, new Request('https://evil.example/'));
    await expect(asked).rejects.toMatchObject({ code: 'host_not_allowed' });
    expect([adobeCalls, rejected]).toEqual([[], []]);
  });

  test('that does not follow redirects gets them', async () => {
    const { client, adobeCalls } = fixture(() => redirectTo('/again'));
    const request = new Request(CATALOG, { redirect: 'manual' });
    expect((await client.fetch(ID, request)).status).toBe(302);
    expect(adobeCalls).toHaveLength(1);
  });
});

describe('headers that Adobe requires', () => {
  const namesOf = (call: AdobeCall | undefined) => [
    call?.headers.get('x-api-key'),
    call?.headers.get('x-gw-ims-org-id'),
  ];

  test('the client id goes along, and the organization where it is asked for', async () => {
    const { client, adobeCalls } = fixture(OK, undefined, { clientId: 'the-client-id' });
    await client.fetch(ID, CATALOG);
    await client.fetch(ID, CATALOG, {}, { imsOrgId: '12AB@AdobeOrg' });
    expect(adobeCalls.map(namesOf)).toEqual([
      ['the-client-id', null],
      ['the-client-id', '12AB@AdobeOrg'],
    ]);
  });

  test('the client id of direct reads is known', async () => {
    const directRead = {
      tableName: 't',
      keyArn: 'arn:aws:kms:eu-west-1:111122223333:key/k',
      clientId: 'read',
    };
    const { client, adobeCalls } = fixture(OK, undefined, { directRead });
    await client.fetch(ID, CATALOG);
    expect(namesOf(adobeCalls.at(-1))).toEqual(['read', null]);
  });

  test('a client that knows no client id sends none', async () => {
    const { client, adobeCalls } = fixture(OK);
    await client.fetch(ID, CATALOG);
    expect(adobeCalls.map(namesOf)).toEqual([[null, null]]);
  });

  test('what the caller set stays', async () => {
    const { client, adobeCalls } = fixture(OK, undefined, { clientId: 'the-client-id' });
    const headers = { 'X-Api-Key': 'mine', 'X-Gw-Ims-Org-Id': 'MINE@AdobeOrg' };
    await client.fetch(ID, CATALOG, { headers }, { imsOrgId: '12AB@AdobeOrg' });
    await client.fetch(ID, new Request(CATALOG, { headers }));
    expect(adobeCalls.map(namesOf)).toEqual([
      ['mine', 'MINE@AdobeOrg'],
      ['mine', 'MINE@AdobeOrg'],
    ]);
  });

  test('they follow a redirect within the origin, and go nowhere else', async () => {
    const { client, adobeCalls } = fixture(
      (_, number) => redirectTo(number === 1 ? '/other' : 'https://evil.example/'),
      undefined,
      { clientId: 'the-client-id' },
    );
    expect((await client.fetch(ID, CATALOG)).status).toBe(302);
    expect(adobeCalls.map(({ url }) => new URL(url).host)).toEqual(['lr.adobe.io', 'lr.adobe.io']);
    expect(adobeCalls.map(namesOf)).toEqual([
      ['the-client-id', null],
      ['the-client-id', null],
    ]);
  });

  test.each(['', '12AB', '12AB@AdobeOrg\r\nx: y', 'ü@AdobeOrg'])(
    '%j is no organization',
    async (imsOrgId) => {
      const { client, adobeCalls } = fixture(OK);
      const asked = client.fetch(ID, CATALOG, {}, { imsOrgId });
      await expect(asked).rejects.toMatchObject({ code: 'invalid_request' });
      expect(adobeCalls).toEqual([]);
    },
  );
});
