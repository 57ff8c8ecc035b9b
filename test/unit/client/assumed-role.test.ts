import { expect, test } from 'vitest';
import { clientFixture, ID, tokenAnswer } from './client-fixture.ts';

const ROLE = 'arn:aws:iam::111122223333:role/vault-access';
const HOUR_MS = 3_600_000;

function credentialsAnswer(accessKeyId: string, endsAtMs: number): Response {
  return new Response(`<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
    <AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>se/cr+et</SecretAccessKey>
    <SessionToken>session==</SessionToken><Expiration>${new Date(endsAtMs).toISOString()}</Expiration>
  </Credentials></AssumeRoleResult></AssumeRoleResponse>`);
}

function signerOf(headers: Headers | undefined) {
  return headers?.get('authorization')?.match(/Credential=([^/]+)/)?.[1];
}

test('a client of another account acts as the role it was given, and renews it before it ends', async () => {
  const { client, calls, clock } = clientFixture(
    ({ url }, number) =>
      url.hostname.startsWith('sts.')
        ? credentialsAnswer(`ASIA${number}`, clock.nowMs + HOUR_MS)
        : tokenAnswer('t', { connectionId: url.pathname.split('/').at(-1) }),
    { roleArn: ROLE },
  );
  await Promise.all([client.getAccessToken(ID), client.getAccessToken('acme.two')]);
  clock.nowMs += HOUR_MS - 6 * 60_000;
  await client.getAccessToken(ID);
  clock.nowMs += 60_000;
  await client.getAccessToken('acme.three');

  const seen = calls.map(({ url, headers }) => `${url.hostname.split('.')[0]} by ${signerOf(headers)}`);
  expect(seen).toEqual([
    'sts by AKIDEXAMPLE',
    'abc123 by ASIA1',
    'abc123 by ASIA1',
    'abc123 by ASIA1',
    'sts by AKIDEXAMPLE',
    'abc123 by ASIA5',
  ]);
  expect(calls[0]?.url.href).toBe('https://sts.eu-west-1.amazonaws.com/');
  expect(Object.fromEntries(new URLSearchParams(calls[0]?.body))).toEqual({
    Action: 'AssumeRole',
    Version: '2011-06-15',
    RoleArn: ROLE,
    RoleSessionName: 'adobe-token-vault-client',
  });
  expect(calls[1]?.headers.get('x-amz-security-token')).toBe('session==');
});

/** A client that keeps no tokens, so that each call has to sign; `sts` answers the renewals, one after the other. */
function renewing(sts: (number: number, nowMs: number) => Response | Promise<Response>) {
  let asked = 0;
  const { client, calls, clock } = clientFixture(
    ({ url }) => {
      if (!url.hostname.startsWith('sts.')) return tokenAnswer('t');
      asked += 1;
      return sts(asked, clock.nowMs);
    },
    { roleArn: ROLE, maxCacheEntries: 0 },
  );
  const signer = async () => {
    await client.getAccessToken(ID);
    return signerOf(calls.at(-1)?.headers);
  };
  return { client, clock, signer, asked: () => asked };
}

function errorAnswer(status: number, code: string): Response {
  return new Response(
    `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code></Error></ErrorResponse>`,
    {
      status,
    },
  );
}

const TROUBLE: [string, () => Response | Promise<Response>][] = [
  ['Throttling', () => errorAnswer(400, 'Throttling')],
  ['ThrottlingException', () => errorAnswer(400, 'ThrottlingException')],
  ['too many requests', () => errorAnswer(429, 'TooManyRequests')],
  ['a server error', () => new Response('<html>', { status: 503 })],
  ['no answer', () => Promise.reject(new TypeError('fetch failed'))],
];

test.each([...TROUBLE, ['a refusal', () => errorAnswer(403, 'AccessDenied')] as const])(
  'while renewals end in %s, the previous credentials are used until they expire',
  async (_, trouble) => {
    const { clock, signer, asked } = renewing((number, nowMs) =>
      number === 2 || number === 3 ? trouble() : credentialsAnswer(`ASIA${number}`, nowMs + HOUR_MS),
    );
    expect(await signer()).toBe('ASIA1');
    clock.nowMs += HOUR_MS - 4 * 60_000;
    expect(await signer()).toBe('ASIA1');
    clock.nowMs += 4999;
    expect(await signer()).toBe('ASIA1');
    expect(asked()).toBe(2);
    clock.nowMs += 1;
    expect(await signer()).toBe('ASIA1');
    expect(asked()).toBe(3);
    clock.nowMs += 5000;
    expect(await signer()).toBe('ASIA4');
  },
);

test('expired credentials are not used, not even between two renewals that fail', async () => {
  const { client, clock, signer } = renewing((number, nowMs) =>
    number === 1 ? credentialsAnswer('ASIA1', nowMs + HOUR_MS) : errorAnswer(403, 'AccessDenied'),
  );
  await signer();
  clock.nowMs += HOUR_MS - 2000;
  expect(await signer()).toBe('ASIA1');
  clock.nowMs += 2000;
  await expect(client.getAccessToken(ID)).rejects.toMatchObject({ code: 'credentials_unavailable' });
});

test.each(TROUBLE)(
  '%s from AWS STS is a temporary error, and the call is repeated once',
  async (_, trouble) => {
    const lasting = renewing(trouble);
    await expect(lasting.client.getAccessToken(ID)).rejects.toMatchObject({
      code: 'temporarily_unavailable',
    });
    expect(lasting.asked()).toBe(2);
    const passing = renewing((number, nowMs) =>
      number === 1 ? trouble() : credentialsAnswer('ASIA', nowMs + HOUR_MS),
    );
    expect(await passing.signer()).toBe('ASIA');
  },
);

test('why AWS STS could not be reached is kept as the cause', async () => {
  const { client } = renewing(() => Promise.reject(new TypeError('fetch failed')));
  await expect(client.getAccessToken(ID)).rejects.toMatchObject({ cause: { message: 'fetch failed' } });
});

test.each<[string, () => Response]>([
  ['a refusal', () => errorAnswer(403, 'AccessDenied')],
  ['a session that ended', () => errorAnswer(400, 'ExpiredToken')],
  ['an answer without credentials', () => new Response('<html>')],
])('after %s AWS STS is not asked again by the same call', async (_, refusal) => {
  const { client, asked } = renewing(refusal);
  await expect(client.getAccessToken(ID)).rejects.toMatchObject({ code: 'credentials_unavailable' });
  expect(asked()).toBe(1);
});

test('a role that may not be assumed is a typed error, and tried again by the next call', async () => {
  const { client, clock } = clientFixture(
    ({ url }, number) => {
      if (!url.hostname.startsWith('sts.')) return tokenAnswer('t');
      return number === 1
        ? new Response('<ErrorResponse/>', { status: 403 })
        : credentialsAnswer('ASIA', clock.nowMs + HOUR_MS);
    },
    { roleArn: ROLE },
  );
  await expect(client.getAccessToken(ID)).rejects.toMatchObject({ code: 'credentials_unavailable' });
  expect((await client.getAccessToken(ID)).accessToken).toBe('t');
});
