import { describe, expect, test } from 'vitest';
import { until } from '../../support/time/until.ts';
import { ID } from './client-fixture.ts';
import { type AwsOperation, DAY_MS, directFixture, refusal } from './direct-read-fixture.ts';

const DIRECT = ['GetItem', 'Decrypt'];

function brokenOff() {
  return new ReadableStream({ start: (stream) => stream.error(new TypeError('terminated')) });
}

test('a stored token costs one strongly consistent GetItem and one Decrypt, and then nothing', async () => {
  const { client, store, calls, operations, clock } = directFixture();
  store('stored');
  const token = await client.getAccessToken(ID);
  expect(token).toMatchObject({
    accessToken: 'stored',
    scopes: ['openid'],
    expiresAtMs: clock.nowMs + DAY_MS,
  });
  await client.getAccessToken(ID);
  expect(operations()).toEqual(DIRECT);
  expect(calls[0]?.body).toEqual({
    TableName: 'AccessTokens',
    Key: { connectionId: { S: ID }, scopeSet: { S: '*' } },
    ConsistentRead: true,
  });
  expect(calls[1]?.body).toMatchObject({
    KeyId: expect.stringContaining(':key/access'),
    EncryptionContext: { connection: ID, purpose: 'access', clientId: 'client-1' },
  });
  // Each service's own version of the protocol, as its model has it.
  expect(calls.map(({ headers }) => headers.get('content-type'))).toEqual([
    'application/x-amz-json-1.0',
    'application/x-amz-json-1.1',
  ]);
});

test('concurrent callers share one read', async () => {
  const { client, store, operations } = directFixture();
  store('stored');
  await Promise.all(Array.from({ length: 100 }, () => client.getAccessToken(ID)));
  expect(operations()).toEqual(DIRECT);
});

test('without settings for it nothing is read directly', async () => {
  const { client, store, operations } = directFixture({ directRead: false });
  store('stored');
  expect((await client.getAccessToken(ID)).accessToken).toBe('over-https');
  expect(operations()).toEqual(['https']);
});

test('a narrower token is read under its own key', async () => {
  const { client, store, calls } = directFixture();
  store('narrow', { scopeSet: 'AdobeID openid' }, { scopes: { L: [{ S: 'openid' }, { S: 'AdobeID' }] } });
  expect((await client.getAccessToken(ID, { scopes: ['openid', 'AdobeID'] })).accessToken).toBe('narrow');
  expect(calls[0]?.body).toMatchObject({ Key: { scopeSet: { S: 'AdobeID openid' } } });
});

describe('the vault is asked instead', () => {
  test.each<[string, (fixture: ReturnType<typeof directFixture>) => void, string[]]>([
    ['when nothing is stored', () => undefined, ['GetItem', 'https']],
    ['for a tombstone', ({ store }) => store('t', {}, { kind: { S: 'tombstone' } }), ['GetItem', 'https']],
    [
      'for an item without its fields',
      ({ store }) => store('t', {}, { expiresAtMs: {} }),
      ['GetItem', 'https'],
    ],
    [
      'in the last tenth of a token’s life',
      (fixture) => {
        fixture.store('old');
        fixture.clock.nowMs += 0.91 * DAY_MS;
      },
      ['GetItem', 'https'],
    ],
    [
      'when the rotation behind it is overdue, so that it starts',
      ({ store, clock }) => store('t', {}, { rotateAtMs: { N: String(clock.nowMs - 1) } }),
      ['GetItem', 'https'],
    ],
    [
      'for bytes that are no sealed token',
      ({ store }) => store('t', {}, { sealed: { B: 'AAAA' } }),
      ['GetItem', 'https'],
    ],
  ])('%s', async (_, arrange, expected) => {
    const fixture = directFixture();
    arrange(fixture);
    expect((await fixture.client.getAccessToken(ID)).accessToken).toBe('over-https');
    expect(fixture.operations()).toEqual(expected);
  });

  test.each<[string, object, string[]]>([
    ['a life that remains long enough', { minTtlSeconds: 43_200 }, DIRECT],
    ['more than half of a life, which the vault refuses', { minTtlSeconds: 43_201 }, ['GetItem', 'https']],
  ])('or not, for %s', async (_, options, expected) => {
    const { client, store, operations } = directFixture();
    store('stored');
    await client.getAccessToken(ID, options);
    expect(operations()).toEqual(expected);
  });

  test('when less life is left than asked for', async () => {
    const { client, store, clock, operations } = directFixture();
    store('stored');
    clock.nowMs += DAY_MS / 2;
    await client.getAccessToken(ID, { minTtlSeconds: 43_000 });
    await client.getAccessToken(ID, { minTtlSeconds: 43_200, scopes: ['openid'] });
    expect(operations()).toEqual(['GetItem', 'Decrypt', 'GetItem', 'https']);
  });

  test.each(['GetItem', 'Decrypt'])('when AWS denies %s', async (denied) => {
    const { client, store, operations } = directFixture({
      interfere: ({ operation }) => (operation === denied ? refusal('AccessDeniedException') : undefined),
    });
    store('stored');
    expect((await client.getAccessToken(ID)).accessToken).toBe('over-https');
    expect(operations().slice(-2)).toEqual([denied, 'https']);
    expect(operations().filter((operation) => operation === denied)).toHaveLength(1);
  });

  test('when AWS gives a malformed answer twice', async () => {
    const { client, store, operations } = directFixture({
      interfere: ({ operation }) => (operation === 'Decrypt' ? new Response('<html>') : undefined),
    });
    store('stored');
    expect((await client.getAccessToken(ID)).accessToken).toBe('over-https');
    expect(operations()).toEqual(['GetItem', 'Decrypt', 'Decrypt', 'https']);
  });

  test('at once for a minute when AWS could not be reached twice in a row', async () => {
    const { client, store, clock, operations } = directFixture({
      interfere: ({ operation }, number) =>
        operation === 'GetItem' && number <= 2 ? Promise.reject(new TypeError('fetch failed')) : undefined,
    });
    store('one');
    store('two', { connectionId: 'acme.two' });
    await client.getAccessToken(ID);
    await client.getAccessToken('acme.two');
    clock.nowMs += 60_000;
    store('three', { connectionId: 'acme.three' });
    expect((await client.getAccessToken('acme.three')).accessToken).toBe('three');
    expect(operations()).toEqual(['GetItem', 'GetItem', 'https', 'https', 'GetItem', 'Decrypt']);
  });

  test('for a token that Adobe rejected, with its digest; a newer one is read directly', async () => {
    const { client, store, calls, operations } = directFixture();
    store('refused');
    await client.getAccessToken(ID, { rejected: 'refused' });
    expect(operations()).toEqual(['GetItem', 'https']);
    expect(calls[1]?.headers.get('x-rejected-token')).toMatch(/^[0-9a-f]{16}$/);
    store('newer');
    expect((await client.getAccessToken(ID, { rejected: 'over-https' })).accessToken).toBe('newer');
  });

  test('for a refused token whose digest in the table was falsified', async () => {
    const { client, store } = directFixture();
    store('refused', {}, { digest: { S: '0000000000000000' } });
    expect((await client.getAccessToken(ID, { rejected: 'refused' })).accessToken).toBe('over-https');
  });
});

test.each<[AwsOperation, AwsOperation[]]>([
  ['GetItem', ['GetItem', 'GetItem', 'Decrypt']],
  ['Decrypt', ['GetItem', 'Decrypt', 'Decrypt']],
])(
  'a network connection that was closed while the process was frozen costs %s a second attempt, and no pause',
  async (dead, expected) => {
    let deaths = 1;
    const { client, store, operations } = directFixture({
      interfere: ({ operation }) =>
        operation === dead && deaths-- > 0 ? Promise.reject(new TypeError('other side closed')) : undefined,
    });
    store('stored');
    store('two', { connectionId: 'acme.two' });
    expect((await client.getAccessToken(ID)).accessToken).toBe('stored');
    expect((await client.getAccessToken('acme.two')).accessToken).toBe('two');
    expect(operations()).toEqual([...expected, ...DIRECT]);
  },
);

test('an answer that breaks off is asked for a second time', async () => {
  const { client, store, operations } = directFixture({
    interfere: ({ operation }, number) =>
      operation === 'GetItem' && number === 1 ? new Response(brokenOff()) : undefined,
  });
  store('stored');
  expect((await client.getAccessToken(ID)).accessToken).toBe('stored');
  expect(operations()).toEqual(['GetItem', ...DIRECT]);
});

describe('an item that was tampered with does not open', () => {
  test.each<[string, Record<string, object>]>([
    ['rolled back to another version', { version: { N: '4' } }],
    ['moved to another generation', { generation: { S: '01HZOTHER' } }],
    ['stretched', { expiresAtMs: { N: String(Date.UTC(2026, 0, 17, 12)) } }],
  ])('%s', async (_, changes) => {
    const { client, store, operations } = directFixture();
    store('stored', {}, changes);
    expect((await client.getAccessToken(ID)).accessToken).toBe('over-https');
    expect(operations()).toEqual(['GetItem', 'Decrypt', 'https']);
  });

  test.each<[string, object, Record<string, object>]>([
    ['another connection’s', { connectionId: 'acme.other' }, { connectionId: { S: ID } }],
    ['another scope set’s', { scopeSet: 'openid' }, { scopeSet: { S: '*' } }],
    ['another credential’s', { clientId: 'client-2' }, { clientId: { S: 'client-1' } }],
  ])('relabelled: %s', async (_, binding, changes) => {
    const { client, store } = directFixture();
    store('stolen', binding, changes);
    expect((await client.getAccessToken(ID)).accessToken).toBe('over-https');
  });

  test('swapped under the key of the one asked for', async () => {
    const { client, store, items } = directFixture();
    const other = store('stolen', { connectionId: 'acme.other' });
    items.set(JSON.stringify([{ S: ID }, { S: '*' }]), other);
    expect((await client.getAccessToken(ID)).accessToken).toBe('over-https');
  });
});

test('the life that remains is counted by the clock of AWS, not by a wrong one of this machine', async () => {
  const { client, store, clock } = directFixture();
  store('stored');
  clock.serverAheadMs = 3_600_000;
  expect((await client.getAccessToken(ID)).expiresAtMs).toBe(clock.nowMs + DAY_MS - 3_600_000);
});

test('a caller that aborts during the read does not abort the others', async () => {
  let release = (): void => undefined;
  const held = new Promise<undefined>((resolve) => {
    release = () => resolve(undefined);
  });
  const { client, store, calls, operations } = directFixture({
    interfere: ({ operation }) => (operation === 'GetItem' ? held.then(() => undefined as never) : undefined),
  });
  store('stored');
  const leaving = new AbortController();
  const left = client.getAccessToken(ID, { signal: leaving.signal });
  const stayed = client.getAccessToken(ID);
  await until(() => calls.length === 1);
  leaving.abort(new Error('enough'));
  await expect(left).rejects.toThrow('enough');
  release();
  expect((await stayed).accessToken).toBe('stored');
  expect(operations()).toEqual(DIRECT);
});

test('when the last caller aborts during the read, the vault is not asked', async () => {
  const { client, store, calls, operations } = directFixture({
    interfere: ({ operation, signal }) =>
      operation === 'GetItem'
        ? new Promise((_, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason), { once: true });
          })
        : undefined,
  });
  store('stored');
  const caller = new AbortController();
  const asked = client.getAccessToken(ID, { signal: caller.signal });
  await until(() => calls.length === 1);
  caller.abort(new Error('enough'));
  await expect(asked).rejects.toThrow('enough');
  await new Promise((resolve) => setImmediate(resolve));
  expect(operations()).toEqual(['GetItem']);
});
