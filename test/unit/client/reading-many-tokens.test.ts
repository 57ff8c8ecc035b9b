import { expect, test } from 'vitest';
import { type AwsOperation, directFixture, type Item, refusal } from './direct-read-fixture.ts';

function ids(count: number) {
  return Array.from({ length: count }, (_, index) => `acme.user-${index}`);
}

function keysOf(body: Record<string, unknown>): Item[] {
  return (body.RequestItems as { AccessTokens: { Keys: Item[] } }).AccessTokens.Keys;
}

function times(operations: AwsOperation[], wanted: AwsOperation) {
  return operations.filter((operation) => operation === wanted).length;
}

test('many stored tokens cost one read per hundred and one Decrypt each', async () => {
  const { client, store, operations, calls } = directFixture();
  for (const connectionId of ids(120)) store(`of ${connectionId}`, { connectionId });
  const results = await client.getAccessTokens([...ids(120), ...ids(120)]);
  expect(results.size).toBe(120);
  expect(results.get('acme.user-119')?.token?.accessToken).toBe('of acme.user-119');
  expect(times(operations(), 'BatchGetItem')).toBe(2);
  expect(times(operations(), 'Decrypt')).toBe(120);
  expect(operations()).toHaveLength(122);
  expect(calls[0]?.body).toMatchObject({ RequestItems: { AccessTokens: { ConsistentRead: true } } });
  expect(keysOf(calls[0]?.body ?? {})).toHaveLength(100);
});

test('what is held in memory is not read again', async () => {
  const { client, store, operations } = directFixture();
  for (const connectionId of ids(3)) store('t', { connectionId });
  await client.getAccessTokens(ids(3));
  const before = operations().length;
  await client.getAccessTokens(ids(3));
  expect(operations()).toHaveLength(before);
});

test('those that are not stored come from the vault, ten at a time, and are not read twice', async () => {
  let running = 0;
  let most = 0;
  const { client, store, operations } = directFixture({
    interfere: async ({ operation }) => {
      if (operation !== 'https') return undefined as never;
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return undefined as never;
    },
  });
  for (const connectionId of ids(5)) store('stored', { connectionId });
  const results = await client.getAccessTokens(ids(40));
  expect([...results.values()].filter(({ token }) => token?.accessToken === 'stored')).toHaveLength(5);
  expect([...results.values()].filter(({ token }) => token?.accessToken === 'over-https')).toHaveLength(35);
  expect(times(operations(), 'GetItem')).toBe(0);
  expect(most).toBe(10);
});

test('a batch over a closed network connection is read a second time', async () => {
  const { client, store, operations } = directFixture({
    interfere: ({ operation }, number) =>
      operation === 'BatchGetItem' && number === 1
        ? Promise.reject(new TypeError('fetch failed'))
        : undefined,
  });
  for (const connectionId of ids(2)) store('stored', { connectionId });
  await client.getAccessTokens(ids(2));
  expect(operations()).toEqual(['BatchGetItem', 'BatchGetItem', 'Decrypt', 'Decrypt']);
});

test('keys that DynamoDB left out are asked for again', async () => {
  const { client, store, calls, operations } = directFixture({
    interfere: ({ operation, body }, number) =>
      operation === 'BatchGetItem' && number === 1
        ? Response.json({
            Responses: { AccessTokens: [] },
            UnprocessedKeys: { AccessTokens: { Keys: keysOf(body).slice(0, 2), ConsistentRead: true } },
          })
        : undefined,
  });
  for (const connectionId of ids(2)) store('stored', { connectionId });
  const results = await client.getAccessTokens(ids(3));
  expect(keysOf(calls[1]?.body ?? {})).toHaveLength(2);
  expect([...results.values()].map(({ token }) => token?.accessToken)).toEqual([
    'stored',
    'stored',
    'over-https',
  ]);
  expect(times(operations(), 'BatchGetItem')).toBe(2);
});

test('keys that DynamoDB keeps leaving out are read one by one', async () => {
  const { client, store, operations } = directFixture({
    interfere: ({ operation, body }) =>
      operation === 'BatchGetItem'
        ? Response.json({ Responses: {}, UnprocessedKeys: { AccessTokens: { Keys: keysOf(body) } } })
        : undefined,
  });
  for (const connectionId of ids(2)) store('stored', { connectionId });
  const results = await client.getAccessTokens(ids(2));
  expect([...results.values()].every(({ token }) => token?.accessToken === 'stored')).toBe(true);
  expect(times(operations(), 'BatchGetItem')).toBe(4);
  expect(times(operations(), 'GetItem')).toBe(2);
});

test('one connection of another tenant among many does not keep the others from being read', async () => {
  const { client, store } = directFixture({
    interfere: ({ operation, body }) => {
      const foreign = JSON.stringify(body).includes('other.user');
      return foreign && operation !== 'https' ? refusal('AccessDeniedException') : undefined;
    },
  });
  for (const connectionId of ids(2)) store('stored', { connectionId });
  const results = await client.getAccessTokens([...ids(2), 'other.user']);
  expect(results.get('acme.user-1')?.token?.accessToken).toBe('stored');
  expect(results.get('other.user')?.token?.accessToken).toBe('over-https');
});

test('the pause before a repeated batch ends with the caller', async () => {
  const caller = new AbortController();
  const { client } = directFixture({
    interfere: ({ operation, body }) => {
      if (operation !== 'BatchGetItem') return undefined;
      caller.abort(new Error('enough'));
      return Response.json({ Responses: {}, UnprocessedKeys: { AccessTokens: { Keys: keysOf(body) } } });
    },
  });
  await expect(client.getAccessTokens(ids(2), { signal: caller.signal })).rejects.toThrow('enough');
});

test('an answer that was read a while ago is read again before it is used', async () => {
  const { client, store, items, clock, operations } = directFixture({
    interfere: ({ operation, body }) => {
      const slow = operation === 'https' || JSON.stringify(body).includes('"acme.user-0"');
      if (slow && operation !== 'BatchGetItem') clock.nowMs += 6000;
      return undefined;
    },
  });
  for (const connectionId of ids(30)) store('stored', { connectionId });
  items.delete(JSON.stringify([{ S: 'acme.user-0' }, { S: '*' }]));
  const results = await client.getAccessTokens(ids(30));
  expect([...results.values()].every(({ token }) => token !== undefined)).toBe(true);
  expect(times(operations(), 'GetItem')).toBeGreaterThan(0);
  expect(times(operations(), 'BatchGetItem')).toBe(1);
});
