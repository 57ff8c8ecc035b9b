import { expect, test } from 'vitest';
import type { TokenClient } from '../../../client/index.ts';
import { until } from '../../support/time/until.ts';
import { clientFixture, ID, problemAnswer, tokenAnswer } from './client-fixture.ts';
import { directFixture } from './direct-read-fixture.ts';

/** A client whose vends wait to be answered one by one; every other route is answered at once. */
function heldVends() {
  const vends: { readonly connectionId: string; answer(response: Response): void }[] = [];
  const { client } = clientFixture(({ url, method }) => {
    const connectionId = url.pathname.split('/')[2] ?? '';
    if (url.pathname.startsWith('/access-tokens/')) {
      return new Promise((answer) => vends.push({ connectionId, answer }));
    }
    return Response.json(method === 'DELETE' ? { state: 'disconnecting' } : { connectionId: ID });
  });
  const vendNumber = async (number: number) => {
    await until(() => vends.length === number);
    return vends[number - 1];
  };
  return { client, vends, vendNumber };
}

const CHANGES: [string, (client: TokenClient) => Promise<unknown>][] = [
  ['a disconnect', (client) => client.disconnect(ID)],
  ['a redeemed consent', (client) => client.redeemConsent(ID, { connectionCode: 'c' })],
  ['a redeemed sign-in', (client) => client.redeemSignIn({ connectionCode: 'c', appState: 's' })],
];

test.each(CHANGES)('a request after %s does not get the previous token', async (_, change) => {
  const { client, vendNumber } = heldVends();
  const before = client.getAccessToken(ID);
  const first = await vendNumber(1);
  await change(client);
  const after = client.getAccessToken(ID);
  const second = await vendNumber(2);
  second?.answer(tokenAnswer('new'));
  expect((await after).accessToken).toBe('new');
  first?.answer(tokenAnswer('old'));
  expect((await before).accessToken).toBe('old');
  expect((await client.getAccessToken(ID)).accessToken).toBe('new');
});

test('a request after a redeemed consent does not get the previous error, which then clears nothing from memory', async () => {
  const { client, vends, vendNumber } = heldVends();
  const before = client.getAccessToken(ID);
  const first = await vendNumber(1);
  await client.redeemConsent(ID, { connectionCode: 'c' });
  const after = client.getAccessToken(ID);
  const second = await vendNumber(2);
  second?.answer(tokenAnswer('new'));
  expect((await after).accessToken).toBe('new');
  first?.answer(problemAnswer(409, 'reauthorization_required'));
  await expect(before).rejects.toMatchObject({ code: 'reauthorization_required' });
  expect((await client.getAccessToken(ID)).accessToken).toBe('new');
  expect(vends).toHaveLength(2);
});

test('forgetting one connection does not keep the answers of others out of memory', async () => {
  const { client, vends, vendNumber } = heldVends();
  const asked = client.getAccessToken('acme.other');
  const vend = await vendNumber(1);
  await client.disconnect(ID);
  vend?.answer(tokenAnswer('t', { connectionId: 'acme.other' }));
  await asked;
  expect((await client.getAccessToken('acme.other')).accessToken).toBe('t');
  expect(vends).toHaveLength(1);
});

test('callers before a disconnect share one request, and callers after it share another', async () => {
  const { client, vends, vendNumber } = heldVends();
  const ask = () => Promise.all([client.getAccessToken(ID), client.getAccessToken(ID)]);
  const before = ask();
  const first = await vendNumber(1);
  await client.disconnect(ID);
  const after = ask();
  const second = await vendNumber(2);
  first?.answer(tokenAnswer('old'));
  expect((await before).map(({ accessToken }) => accessToken)).toEqual(['old', 'old']);
  second?.answer(tokenAnswer('new'));
  expect((await after).map(({ accessToken }) => accessToken)).toEqual(['new', 'new']);
  expect(vends).toHaveLength(2);
});

test('what a batch read before a disconnect is not used after it', async () => {
  const ids = Array.from({ length: 12 }, (_, index) => `acme.user-${index}`);
  const last = ids.at(-1) ?? '';
  const { client, store, items, operations } = directFixture({
    interfere: async ({ operation, headers }) => {
      if (headers.get('x-amz-target') !== null) {
        if (operation === 'Decrypt') await release;
        return undefined as never;
      }
      return Response.json({ state: 'disconnecting' });
    },
  });
  let open = (): void => undefined;
  const release = new Promise<void>((resolve) => {
    open = resolve;
  });
  for (const connectionId of ids) store('stored', { connectionId });
  const asked = client.getAccessTokens(ids);
  await until(() => operations().filter((name) => name === 'Decrypt').length === 10);
  await client.disconnect(last);
  items.delete(JSON.stringify([{ S: last }, { S: '*' }]));
  open();
  const results = await asked;
  expect(results.get('acme.user-10')?.token?.accessToken).toBe('stored');
  expect(results.get(last)?.token).toBeUndefined();
  expect(operations().filter((name) => name === 'GetItem')).toHaveLength(1);
});
