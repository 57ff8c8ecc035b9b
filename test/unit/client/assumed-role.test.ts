import { expect, test } from 'vitest';
import { clientFixture, ID, tokenAnswer } from './client-fixture.ts';

const ROLE = 'arn:aws:iam::111122223333:role/vault-access';
const HOUR_MS = 3_600_000;

const credentialsAnswer = (accessKeyId: string, endsAtMs: number): Response =>
  new Response(`<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
    <AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>se/cr+et</SecretAccessKey>
    <SessionToken>session==</SessionToken><Expiration>${new Date(endsAtMs).toISOString()}</Expiration>
  </Credentials></AssumeRoleResult></AssumeRoleResponse>`);

const signerOf = (headers: Headers | undefined) =>
  headers?.get('authorization')?.match(/Credential=([^/]+)/)?.[1];

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
