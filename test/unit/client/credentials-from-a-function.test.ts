import { expect, test } from 'vitest';
import type { AwsCredentials } from '../../../client/index.ts';
import { clientFixture, ID, tokenAnswer } from './client-fixture.ts';
import { directFixture } from './direct-read-fixture.ts';

const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example' };
const NOON_MS = Date.UTC(2026, 0, 15, 12);
const HOUR_MS = 3_600_000;
const FIVE_MINUTES_MS = 300_000;

/** Credentials that count how often they are asked for. */
function counted(provide: (number: number) => Promise<AwsCredentials>) {
  const provider = Object.assign(() => provide(++provider.asked), { asked: 0 });
  return provider;
}

function uncached(credentials: () => Promise<AwsCredentials>) {
  return clientFixture(({ url }) => tokenAnswer('t', { connectionId: url.pathname.split('/').at(-1) }), {
    credentials,
    maxCacheEntries: 0,
  });
}

test('credentials without an end are asked for once, whatever is signed with them', async () => {
  const credentials = counted(async () => KEYS);
  const { client, store, operations } = directFixture({ credentials });
  expect(credentials.asked).toBe(0);
  store('stored');
  await client.getAccessToken(ID);
  await client.getAccessToken('acme.two');
  expect(operations()).toEqual(['GetItem', 'Decrypt', 'GetItem', 'https']);
  expect(credentials.asked).toBe(1);
});

test('callers that need credentials at the same time share one request for them', async () => {
  const credentials = counted(async () => KEYS);
  const { client } = uncached(credentials);
  await client.getAccessTokens(['a', 'b', 'c']);
  expect(credentials.asked).toBe(1);
});

test('credentials are used until five minutes before they end', async () => {
  const credentials = counted(async (number) => ({
    ...KEYS,
    accessKeyId: `AKID${number}`,
    expiration: new Date(NOON_MS + number * HOUR_MS),
  }));
  const { client, calls, clock } = uncached(credentials);
  await client.getAccessToken(ID);
  clock.nowMs += HOUR_MS - FIVE_MINUTES_MS - 1;
  await client.getAccessToken(ID);
  expect(credentials.asked).toBe(1);
  clock.nowMs += 1;
  await client.getAccessToken(ID);
  await client.getAccessToken(ID);
  expect(credentials.asked).toBe(2);
  expect(calls.map(({ headers }) => headers.get('authorization')?.match(/AKID\d/)?.[0])).toEqual([
    'AKID1',
    'AKID1',
    'AKID2',
    'AKID2',
  ]);
});

test.each<[string, (error: Error) => Promise<AwsCredentials>]>([
  ['rejects', (error) => Promise.reject(error)],
  [
    'throws',
    (error) => {
      throw error;
    },
  ],
])('a function that %s is asked again by the next call', async (_, fail) => {
  const credentials = counted((number) =>
    number === 1 ? fail(new Error('no profile')) : Promise.resolve(KEYS),
  );
  const { client } = uncached(credentials);
  await expect(client.getAccessToken(ID)).rejects.toMatchObject({
    code: 'credentials_unavailable',
    cause: { message: 'no profile' },
  });
  expect((await client.getAccessToken(ID)).accessToken).toBe('t');
  expect(credentials.asked).toBe(2);
});
