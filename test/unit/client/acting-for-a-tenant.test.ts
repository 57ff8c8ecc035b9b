import { afterEach, describe, expect, test, vi } from 'vitest';
import { createTokenClient } from '../../../client/index.ts';
import { type Answer, clientFixture, problemAnswer, tokenAnswer } from './client-fixture.ts';

const ROLE = 'arn:aws:iam::111122223333:role/tenants';
const HOUR_MS = 3_600_000;

afterEach(() => vi.unstubAllEnvs());

function formOf(body: string | undefined): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(body));
}

/** STS names the tenant in the access key, and the vault denies every connection of another tenant. */
function pooled(changes: { sts?: Answer; vault?: Answer; maxCacheEntries?: number } = {}) {
  const fixture = clientFixture(
    (call, number) => {
      if (call.url.hostname.startsWith('sts.')) {
        return changes.sts?.(call, number) ?? sessionOf(formOf(call.body), fixture.clock.nowMs);
      }
      if (changes.vault) return changes.vault(call, number);
      const [tenant = ''] = connectionIn(call.url).split('.');
      return signerOf(call.headers) === `ASIA-${tenant}`
        ? tokenAnswer(`token-${number}`, { connectionId: connectionIn(call.url) })
        : Response.json({ message: 'Forbidden' }, { status: 403 });
    },
    {
      tenantRoleArn: ROLE,
      ...(changes.maxCacheEntries !== undefined && { maxCacheEntries: changes.maxCacheEntries }),
    },
  );
  const asked = () => fixture.calls.filter(({ url }) => url.hostname.startsWith('sts.'));
  return { ...fixture, asked };
}

function connectionIn({ pathname }: URL): string {
  return pathname.split('/')[2] ?? '';
}

function signerOf(headers: Headers): string | undefined {
  return headers.get('authorization')?.match(/Credential=([^/]+)/)?.[1];
}

function sessionOf(form: Record<string, string>, nowMs: number): Response {
  return new Response(
    `<AccessKeyId>ASIA-${form['Tags.member.1.Value']}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>` +
      `<SessionToken>t</SessionToken><Expiration>${new Date(nowMs + HOUR_MS).toISOString()}</Expiration>`,
  );
}

describe('a client for one tenant', () => {
  test('assumes the role with the tag of the tenant, and no other tag', async () => {
    const { client, asked } = pooled();
    await client.forTenant('acme').getAccessToken('acme.user-1');

    expect(asked().map(({ body }) => formOf(body))).toEqual([
      {
        Action: 'AssumeRole',
        Version: '2011-06-15',
        RoleArn: ROLE,
        RoleSessionName: 'tenant-acme',
        'Tags.member.1.Key': 'tenant',
        'Tags.member.1.Value': 'acme',
      },
    ]);
  });

  test('asks STS once for each tenant and hour, whatever the number of callers', async () => {
    const { client, asked, clock } = pooled({ maxCacheEntries: 0 });
    const call = () =>
      Promise.all(
        ['acme', 'globex'].flatMap((tenant) =>
          Array.from({ length: 20 }, (_, user) =>
            client.forTenant(tenant).getAccessToken(`${tenant}.user-${user}`),
          ),
        ),
      );
    await call();
    clock.nowMs += HOUR_MS - 6 * 60_000;
    await call();
    expect(asked()).toHaveLength(2);
    clock.nowMs += 2 * 60_000;
    await call();
    expect(asked()).toHaveLength(4);
  });

  test('leaves a wrong id to IAM, and the error names the fence and the tenant', async () => {
    const { client, calls } = pooled();
    const failure = client.forTenant('globex').getAccessToken('acme.user-1');

    await expect(failure).rejects.toMatchObject({
      name: 'AccessDeniedError',
      code: 'access_denied',
      tenant: 'globex',
      gatewayMessage: 'Forbidden',
      message: expect.stringMatching(
        /^The tenant fence: this client acts for globex, and reaches only connections whose ids begin with "globex\."/,
      ),
    });
    expect(calls.map(({ url }) => url.pathname)).toEqual(['/', '/access-tokens/acme.user-1']);
  });

  test('never gets from memory what another tenant has put there', async () => {
    const { client } = pooled();
    await client.forTenant('acme').getAccessToken('acme.user-1');

    await expect(client.forTenant('globex').getAccessToken('acme.user-1')).rejects.toMatchObject({
      code: 'access_denied',
    });
    await expect(client.getAccessToken('acme.user-1')).rejects.toMatchObject({ code: 'access_denied' });
  });

  test('shares no call that is under way with another tenant', async () => {
    const { client } = pooled();
    const results = await Promise.allSettled([
      client.forTenant('acme').getAccessToken('acme.user-1'),
      client.forTenant('globex').getAccessToken('acme.user-1'),
    ]);

    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });

  test('shares the memory’s limit with every other tenant', async () => {
    const { client, calls } = pooled({ maxCacheEntries: 1 });
    for (const tenant of ['acme', 'globex', 'acme']) {
      await client.forTenant(tenant).getAccessToken(`${tenant}.user-1`);
    }

    expect(calls.filter(({ url }) => url.pathname !== '/')).toHaveLength(3);
  });

  test('drops the connection from every memory after a disconnect', async () => {
    const { client, calls } = pooled({
      vault: ({ method, url }) =>
        method === 'DELETE'
          ? Response.json({ connectionId: 'acme.user-1', state: 'disconnecting' }, { status: 202 })
          : tokenAnswer('t', { connectionId: connectionIn(url) }),
    });
    const vends = () => calls.filter(({ url }) => url.pathname.startsWith('/access-tokens/')).length;
    await client.forTenant('acme').getAccessToken('acme.user-1');
    await client.getAccessToken('acme.user-1');
    await client.disconnect('acme.user-1');
    await client.forTenant('acme').getAccessToken('acme.user-1');
    expect(vends()).toBe(3);
    await client.forTenant('acme').disconnect('acme.user-1');
    await client.getAccessToken('acme.user-1');
    expect(vends()).toBe(4);
  });

  test('keeps no answer that another client’s disconnect overtook', async () => {
    const answers: (() => void)[] = [];
    const { client, calls } = pooled({
      vault: ({ method, url }) => {
        if (method === 'DELETE') {
          return Response.json({ connectionId: 'acme.user-1', state: 'disconnecting' }, { status: 202 });
        }
        const answer = () => tokenAnswer('t', { connectionId: connectionIn(url) });
        return new Promise((resolve) => answers.push(() => resolve(answer())));
      },
    });
    const asked = () => calls.filter(({ url }) => url.pathname.startsWith('/access-tokens/')).length;
    const overtaken = client.forTenant('acme').getAccessToken('acme.user-1');
    await vi.waitFor(() => expect(asked()).toBe(1));
    await client.disconnect('acme.user-1');
    answers[0]?.();
    await overtaken;
    const next = client.forTenant('acme').getAccessToken('acme.user-1');
    await vi.waitFor(() => expect(asked()).toBe(2));
    answers[1]?.();
    await next;
  });

  test('keeps the sessions of the 500 tenants that were used last', async () => {
    const { client, asked } = pooled();
    for (let number = 0; number < 500; number += 1) {
      await client.forTenant(`t${number}`).getAccessToken(`t${number}.a`);
    }
    await client.forTenant('t0').getAccessToken('t0.b');
    expect(asked()).toHaveLength(500);
    await client.forTenant('one-more').getAccessToken('one-more.a');
    await client.forTenant('t0').getAccessToken('t0.c');
    expect(asked()).toHaveLength(501);
    await client.forTenant('t1').getAccessToken('t1.b');
    expect(asked()).toHaveLength(502);
  });

  test('leaves what the vault itself answers as it is', async () => {
    const { client } = pooled({ vault: () => problemAnswer(404, 'connection_not_found') });

    await expect(client.forTenant('acme').getAccessToken('acme.user-1')).rejects.toMatchObject({
      code: 'connection_not_found',
    });
  });

  test.each([
    '*',
    '?',
    '',
    'acme.',
    'acme.labs',
    'acme*',
    `\${aws:PrincipalTag/x}`,
    'a b',
    'acme/',
    '-acme',
    'acmé',
    'x'.repeat(127),
    undefined,
  ])('does not exist for %s, which is the name of no tenant', (tenant) => {
    const { client, calls } = pooled();

    expect(() => client.forTenant(tenant as string)).toThrow(
      expect.objectContaining({ code: 'invalid_request' }),
    );
    expect(calls).toEqual([]);
  });

  test('does not exist without a role for tenants', () => {
    const { client } = clientFixture(() => tokenAnswer('t'));

    expect(() => client.forTenant('acme')).toThrow(expect.objectContaining({ code: 'client_settings' }));
  });

  test('says what STS said when the role may not be assumed', async () => {
    const refused =
      'User: arn:aws:sts::111122223333:assumed-role/Pooled/fn is not authorized to perform: sts:TagSession';
    const { client } = pooled({
      sts: () =>
        new Response(
          `<ErrorResponse><Error><Code>AccessDenied</Code><Message>${refused}</Message></Error></ErrorResponse>`,
          {
            status: 403,
          },
        ),
    });

    await expect(client.forTenant('acme').getAccessToken('acme.user-1')).rejects.toMatchObject({
      code: 'credentials_unavailable',
      message: `The role for the tenant acme could not be assumed: ${refused}`,
    });
  });

  test('takes its role from the environment that a grant sets', async () => {
    const URL_OF_VAULT = 'https://abc123.execute-api.eu-west-1.amazonaws.com';
    vi.stubEnv('ADOBE_TOKEN_VAULT_URL', URL_OF_VAULT);
    vi.stubEnv('ADOBE_TOKEN_VAULT_TENANT_ROLE_ARN', ROLE);
    vi.stubEnv('ADOBE_TOKEN_VAULT_PARTS', `URL=${URL_OF_VAULT} TENANT_ROLE_ARN=${ROLE}`);

    expect(() => createTokenClient().forTenant('acme')).not.toThrow();
  });
});

describe('a client that was granted tenants, and acts for none', () => {
  test('says so when IAM denies it', async () => {
    const { client } = pooled();

    await expect(client.getAccessToken('acme.user-1')).rejects.toMatchObject({
      code: 'access_denied',
      tenant: undefined,
      message: expect.stringContaining('forTenant(tenant)'),
    });
  });
});
