import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { ID } from './client-fixture.ts';
import { DAY_MS, directFixture, type Interference } from './direct-read-fixture.ts';

const GUIDE = readFileSync(
  fileURLToPath(new URL('../../../docs/guides/consuming.md', import.meta.url)),
  'utf8',
);
const ROLE = 'arn:aws:iam::111122223333:role/tenants';

const sts: Interference = ({ url }) =>
  url.hostname.startsWith('sts.')
    ? new Response(
        `<AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>` +
          `<Expiration>2026-01-15T13:00:00Z</Expiration>`,
      )
    : undefined;

/** A network in which requests to these hosts fail. */
function without(...services: readonly string[]): Interference {
  return (call, number) =>
    services.some((service) => call.url.hostname.includes(`${service}.`))
      ? Promise.reject(new TypeError('fetch failed'))
      : sts(call, number);
}

describe('in a VPC', () => {
  test('the client calls the hosts that the guide lists, and no other', async () => {
    const { client, calls, store } = directFixture({ tenantRoleArn: ROLE, interfere: sts });
    store('stored');
    await client.forTenant('acme').getAccessToken(ID);
    await client.forTenant('acme').getAccessToken('acme.of-the-vault');

    const called = [...new Set(calls.map(({ url }) => url.hostname))];
    const listed = [...GUIDE.matchAll(/^\| `(\S+)\.<region>\.amazonaws\.com`/gm)].map(
      ([, host = '']) => `${host.replace('<ApiId>', 'abc123')}.eu-west-1.amazonaws.com`,
    );
    expect(called.sort()).toEqual(listed.sort());
  });

  test('an isolated subnet gets a stored token, and none that has to be renewed', async () => {
    const isolated = directFixture({ interfere: without('execute-api') });
    isolated.store('stored');
    expect(await isolated.client.getAccessToken(ID)).toMatchObject({ accessToken: 'stored' });
    isolated.clock.nowMs += DAY_MS;
    await expect(isolated.client.getAccessToken(ID)).rejects.toMatchObject({ code: 'vault_unreachable' });
  });

  test('a subnet with a way to the vault alone gets tokens over HTTPS', async () => {
    const { client, store } = directFixture({ interfere: without('dynamodb', 'kms') });
    store('stored');
    expect(await client.getAccessToken(ID)).toMatchObject({ accessToken: 'over-https' });
  });

  test('a subnet without STS can act for no tenant, which is an error that passes', async () => {
    const { client, store } = directFixture({ tenantRoleArn: ROLE, interfere: without('sts') });
    store('stored');
    await expect(client.forTenant('acme').getAccessToken(ID)).rejects.toMatchObject({
      code: 'temporarily_unavailable',
      message: 'AWS STS could not be reached.',
    });
  });

  test('tenants do not each wait for a service that the first has found unreachable', async () => {
    const { client, calls } = directFixture({ tenantRoleArn: ROLE, interfere: without('dynamodb') });
    for (const tenant of ['acme', 'globex', 'initech']) {
      await client.forTenant(tenant).getAccessToken(`${tenant}.user-1`);
    }
    // One attempt and its repetition.
    expect(calls.filter(({ operation }) => operation === 'GetItem')).toHaveLength(2);
  });
});
