import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AccessTokenStore } from '../../functions/core/ports/access-tokens.ts';
import {
  EXAMPLE_NOW_MS,
  exampleAccessToken,
  exampleBytes,
  exampleGeneration,
} from '../support/fakes/example-records.ts';
import { injectFaults, onCall, replyLost } from '../support/faults/fault-proxy.ts';
import { IMPLEMENTATIONS } from './store-implementations.ts';

const LATER = exampleGeneration(EXAMPLE_NOW_MS + 1);
const EARLIER = exampleGeneration(EXAMPLE_NOW_MS - 1);
const TTL = 1_900_000_000;

describe.each(IMPLEMENTATIONS)('access tokens $name', (implementation) => {
  let store: AccessTokenStore;
  const token = exampleAccessToken({ version: 2 });
  const { connectionId, scopeSet, generation } = token;
  const stored = () => store.read(connectionId, scopeSet);

  beforeAll(implementation.start);
  afterAll(implementation.stop);
  beforeEach(async () => {
    store = (await implementation.emptyStores()).accessTokens;
  });

  test('an unknown token is absent', async () => {
    expect(await stored()).toBeUndefined();
  });

  test('a published token is read as it was written, also with 10 KB of sealed bytes', async () => {
    const large = exampleAccessToken({ sealed: exampleBytes(10_240) });
    expect(await store.publish(large, TTL)).toBe('published');
    expect(await stored()).toEqual(large);
  });

  test('a token that cannot be renewed is read without a due time', async () => {
    const { rotateAtMs: _, ...unrenewable } = token;
    await store.publish(unrenewable, TTL);
    expect(await stored()).toStrictEqual(unrenewable);
  });

  test('each scope set has its own token', async () => {
    const narrower = exampleAccessToken({ scopeSet: 'lr_partner_apis openid' });
    await store.publish(token, TTL);
    await store.publish(narrower, TTL);
    expect(await stored()).toStrictEqual(token);
    expect(await store.read(connectionId, narrower.scopeSet)).toStrictEqual(narrower);
  });

  test.each([
    ['a later generation with a lower version', { generation: LATER, version: 1 }],
    ['a later version', { version: 3 }],
    ['the same version again', { version: 2, digest: 'fedcba9876543210' }],
  ])('%s is published over it', async (_, changes) => {
    await store.publish(token, TTL);
    const next = exampleAccessToken({ ...changes });
    expect(await store.publish(next, TTL)).toBe('published');
    expect(await stored()).toStrictEqual(next);
  });

  test.each([
    ['an earlier generation with a higher version', { generation: EARLIER, version: 9 }],
    ['an earlier version', { version: 1 }],
  ])('%s is superseded and changes nothing', async (_, changes) => {
    await store.publish(token, TTL);
    expect(await store.publish(exampleAccessToken({ ...changes }), TTL)).toBe('superseded');
    expect(await stored()).toStrictEqual(token);
  });

  test('a list holds every scope set of its connection and no other, tombstones included', async () => {
    const narrower = exampleAccessToken({ scopeSet: 'lr_partner_apis openid' });
    await store.publish(token, TTL);
    await store.publish(narrower, TTL);
    await store.publish(exampleAccessToken({ connectionId: `${connectionId}.of-another` }), TTL);
    await store.invalidateOlder(connectionId, 'AdobeID', LATER, TTL);
    const tombstone = { kind: 'tombstone', connectionId, scopeSet: 'AdobeID', generation: LATER };
    const listed = await store.list(connectionId);
    expect(listed).toHaveLength(3);
    expect(listed).toEqual(expect.arrayContaining([token, narrower, tombstone]));
    expect(await store.list('acme.unknown')).toEqual([]);
  });

  test('a tombstone returns the token that it replaced', async () => {
    await store.publish(token, TTL);
    expect(await store.invalidateOlder(connectionId, scopeSet, LATER, TTL)).toStrictEqual({
      kind: 'invalidated',
      replaced: token,
    });
    expect(await stored()).toStrictEqual({ kind: 'tombstone', connectionId, scopeSet, generation: LATER });
  });

  test('a tombstone is written where no token was, and returns none', async () => {
    expect(await store.invalidateOlder(connectionId, scopeSet, generation, TTL)).toStrictEqual({
      kind: 'invalidated',
    });
    expect(await stored()).toMatchObject({ kind: 'tombstone', generation });
  });

  test('an older token is not published over a tombstone', async () => {
    await store.invalidateOlder(connectionId, scopeSet, LATER, TTL);
    expect(await store.publish(exampleAccessToken({ version: 99 }), TTL)).toBe('superseded');
    expect(await stored()).toMatchObject({ kind: 'tombstone', generation: LATER });
  });

  test('a tombstone is replaced by a token of its own generation or of a later one', async () => {
    await store.invalidateOlder(connectionId, scopeSet, generation, TTL);
    expect(await store.publish(token, TTL)).toBe('published');
    await store.invalidateOlder(connectionId, scopeSet, LATER, TTL);
    const afterwards = exampleGeneration(EXAMPLE_NOW_MS + 2);
    expect(await store.publish(exampleAccessToken({ generation: afterwards }), TTL)).toBe('published');
  });

  test('a tombstone does not invalidate the tokens of its own generation or of a later one', async () => {
    await store.publish(token, TTL);
    for (const late of [generation, EARLIER]) {
      expect(await store.invalidateOlder(connectionId, scopeSet, late, TTL)).toStrictEqual({
        kind: 'superseded',
      });
    }
    expect(await stored()).toStrictEqual(token);
  });

  test('an earlier tombstone does not replace a later one', async () => {
    await store.invalidateOlder(connectionId, scopeSet, LATER, TTL);
    expect(await store.invalidateOlder(connectionId, scopeSet, generation, TTL)).toStrictEqual({
      kind: 'superseded',
    });
    expect(await stored()).toMatchObject({ generation: LATER });
  });

  test('a tombstone that is written again after a lost reply counts as invalidated', async () => {
    await store.publish(token, TTL);
    const faulty = injectFaults(store, [replyLost('STORE_UNAVAILABLE', onCall('invalidateOlder', 1))]);
    await expect(faulty.invalidateOlder(connectionId, scopeSet, LATER, TTL)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
    expect(await faulty.invalidateOlder(connectionId, scopeSet, LATER, TTL)).toStrictEqual({
      kind: 'invalidated',
    });
  });

  test('an invalidated token leaves a tombstone of its generation, which gives way to the next of the same version', async () => {
    await store.publish(token, TTL);
    expect(await store.invalidate(token, TTL)).toBe('invalidated');
    expect(await stored()).toStrictEqual({ kind: 'tombstone', connectionId, scopeSet, generation });
    const next = { ...token, issuedAtMs: token.issuedAtMs + 1, digest: 'fedcba9876543210' };
    expect(await store.publish(next, TTL)).toBe('published');
    expect(await stored()).toStrictEqual(next);
  });

  test.each([
    ['a later issue of the same version', { issuedAtMs: token.issuedAtMs + 1 }],
    ['another token of the same moment', { digest: 'fedcba9876543210' }],
    ['a token of a later generation', { generation: LATER }],
  ])('%s is not invalidated in its place', async (_, changes) => {
    const stands = { ...token, ...changes };
    await store.publish(stands, TTL);
    expect(await store.invalidate(token, TTL)).toBe('superseded');
    expect(await stored()).toStrictEqual(stands);
  });

  test('nothing is invalidated where no token is stored, or a later tombstone', async () => {
    expect(await store.invalidate(token, TTL)).toBe('superseded');
    expect(await stored()).toBeUndefined();
    await store.invalidateOlder(connectionId, scopeSet, LATER, TTL);
    expect(await store.invalidate(token, TTL)).toBe('superseded');
    expect(await stored()).toMatchObject({ generation: LATER });
  });

  test('a token that is invalidated again after a lost reply counts as invalidated', async () => {
    await store.publish(token, TTL);
    const faulty = injectFaults(store, [replyLost('STORE_UNAVAILABLE', onCall('invalidate', 1))]);
    await expect(faulty.invalidate(token, TTL)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(await faulty.invalidate(token, TTL)).toBe('invalidated');
  });

  test('a publication that is repeated after a lost reply succeeds', async () => {
    const faulty = injectFaults(store, [replyLost('STORE_UNAVAILABLE', onCall('publish', 1))]);
    await expect(faulty.publish(token, TTL)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(await faulty.publish(token, TTL)).toBe('published');
  });

  test('whatever order a disconnect and late publications arrive in, the tombstone stays', async () => {
    await store.publish(token, TTL);
    await Promise.all([
      store.publish(exampleAccessToken({ version: 3 }), TTL),
      store.invalidateOlder(connectionId, scopeSet, LATER, TTL),
      store.publish(exampleAccessToken({ version: 4 }), TTL),
    ]);
    expect(await stored()).toMatchObject({ kind: 'tombstone', generation: LATER });
  });

  test('of publications that race, the highest version stays', async () => {
    const versions = [4, 2, 6, 3, 5];
    await Promise.all(versions.map((version) => store.publish(exampleAccessToken({ version }), TTL)));
    expect(await stored()).toMatchObject({ version: 6 });
  });
});
