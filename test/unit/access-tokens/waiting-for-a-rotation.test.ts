import { expect, test } from 'vitest';
import { createVendAccessToken } from '../../../functions/core/access-tokens/vend-access-token.ts';
import { PlatformError } from '../../../functions/core/platform-error.ts';
import type { VendOutcome } from '../../../functions/core/rotation/rotate-request.ts';
import { GENERATION, HOUR_MS, ID, vendFixture } from './vend-fixture.ts';

const TTL = 9_999_999_999;

test('an expired token is renewed by one request to rotate that names the wanted life', async () => {
  const { publish, vend, rotateWillPublish, rotator } = vendFixture();
  await publish({ ageMs: 25 * HOUR_MS });
  rotateWillPublish({ token: 'next', version: 2 });
  const result = await vend({ connectionId: ID, minTtlSeconds: 600 });
  expect(result).toMatchObject({ outcome: 'vended', source: 'renewed' });
  expect(result.outcome === 'vended' && result.accessToken.reveal()).toBe('next');
  expect(rotator.rotated).toEqual([
    {
      request: { connectionId: ID, trigger: 'vend', requirement: { scopeSet: '*', minTtlSeconds: 600 } },
      waitMs: 10_000,
    },
  ]);
});

test('a token with less life left than asked is renewed', async () => {
  const { publish, vend, rotateWillPublish } = vendFixture();
  await publish({ lifeMs: HOUR_MS, ageMs: HOUR_MS - 250_000 });
  rotateWillPublish({ version: 2 });
  expect(await vend({ connectionId: ID })).toMatchObject({ outcome: 'vended', source: 'renewed' });
});

test('a hundred concurrent vends of an expired token ask rotate once', async () => {
  const { publish, vend, rotateWillPublish, rotator } = vendFixture();
  await publish({ ageMs: 25 * HOUR_MS });
  rotateWillPublish({ token: 'next', version: 2 });
  const results = await Promise.all(Array.from({ length: 100 }, () => vend({ connectionId: ID })));
  expect(results.every((r) => r.outcome === 'vended' && r.accessToken.reveal() === 'next')).toBe(true);
  expect(rotator.rotated).toHaveLength(1);
});

test('a tombstone counts as absent: rotate is asked, and its token served', async () => {
  const { store, vend, rotateWillPublish } = vendFixture();
  await store.invalidateOlder(ID, '*', GENERATION, TTL);
  rotateWillPublish({ token: 'of the new consent' });
  expect(await vend({ connectionId: ID })).toMatchObject({ outcome: 'vended', source: 'renewed' });
});

test('a disconnect that wins while rotate runs ends in not found, not in the old token', async () => {
  const { publish, store, vend, world } = vendFixture();
  await publish({ ageMs: 25 * HOUR_MS });
  world.run = async () => {
    await store.invalidateOlder(ID, '*', `${GENERATION}Z`, TTL);
    await publish({ token: 'late', version: 2 });
    world.run = async () => ({ outcome: 'not-found' });
    return { outcome: 'superseded' };
  };
  expect(await vend({ connectionId: ID })).toEqual({ outcome: 'not-found' });
});

test('a token that another run publishes meanwhile is served, whatever rotate says', async () => {
  const { vend, publish, world } = vendFixture();
  world.run = async () => {
    await publish({ token: 'theirs', version: 2 });
    return { outcome: 'suspect', retryAfterMs: 60_000 };
  };
  expect(await vend({ connectionId: ID })).toMatchObject({ outcome: 'vended' });
});

test('while rotate runs on, the store is watched until the token is there', async () => {
  const { vend, publish, world, store, clock, rotator } = vendFixture({
    accessTokens: {
      read: async (connectionId, scopeSet) => {
        if (clock.slept.length === 5) await publish({ token: 'late' });
        return store.read(connectionId, scopeSet);
      },
    },
  });
  world.run = async () => 'still-running';
  const result = await vend({ connectionId: ID });
  expect(result.outcome === 'vended' && result.accessToken.reveal()).toBe('late');
  expect(rotator.rotated).toHaveLength(1);
  expect(clock.slept).toHaveLength(5);
});

test('the pauses between two looks grow from a fifth of a second to one second', async () => {
  const { vend, world, clock } = vendFixture();
  world.run = async () => 'still-running';
  await vend({ connectionId: ID });
  expect(clock.slept[0]).toBeGreaterThanOrEqual(100);
  expect(clock.slept[0]).toBeLessThanOrEqual(300);
  expect(Math.max(...clock.slept)).toBeLessThanOrEqual(1000);
  expect(clock.slept.length).toBeGreaterThan(24);
});

test('a vend gives up 25 seconds after its start and says when to retry', async () => {
  const { vend, world, clock } = vendFixture();
  world.run = async () => {
    clock.advance(10_000);
    return 'still-running';
  };
  const startedAtMs = clock.monotonicMs();
  expect(await vend({ connectionId: ID })).toEqual({
    outcome: 'unavailable',
    reason: 'out-of-time',
    retryAfterMs: 5000,
  });
  expect(clock.monotonicMs() - startedAtMs).toBe(25_000);
});

test('rotate is not waited for longer than the vend has left', async () => {
  const { vend, world, clock, rotator } = vendFixture();
  world.run = async () => {
    clock.advance(9000);
    return { outcome: 'busy', retryAfterMs: 1000 };
  };
  expect(await vend({ connectionId: ID })).toMatchObject({ outcome: 'unavailable' });
  expect(rotator.rotated.map(({ waitMs }) => waitMs)).toEqual([10_000, 10_000, 5000]);
});

test('when another holds the lease, rotate is asked again after the pause it named', async () => {
  const { vend, publish, world, rotator } = vendFixture();
  world.run = async () => {
    if (rotator.rotated.length === 1) return { outcome: 'busy', retryAfterMs: 3000 };
    await publish();
    return { outcome: 'already-fresh' };
  };
  expect(await vend({ connectionId: ID })).toMatchObject({ outcome: 'vended' });
  expect(rotator.rotated).toHaveLength(2);
});

test('a lease holder that fails is not waited for until the deadline: the second answer is passed on', async () => {
  const { vend, world, rotator } = vendFixture();
  world.run = async () =>
    rotator.rotated.length === 1
      ? { outcome: 'busy', retryAfterMs: 2000 }
      : { outcome: 'reauthorization-required' };
  expect(await vend({ connectionId: ID })).toEqual({ outcome: 'reauthorization-required' });
});

test('rotate is asked three times at most', async () => {
  const { vend, world, rotator } = vendFixture();
  world.run = async () => ({ outcome: 'busy', retryAfterMs: 1000 });
  expect(await vend({ connectionId: ID })).toMatchObject({ outcome: 'unavailable', reason: 'out-of-time' });
  expect(rotator.rotated).toHaveLength(3);
});

test('a renewed token too short-lived for the caller is refused with the longest min_ttl', async () => {
  const { vend, rotateWillPublish } = vendFixture();
  rotateWillPublish({ lifeMs: HOUR_MS });
  expect(await vend({ connectionId: ID, minTtlSeconds: 7200 })).toEqual({
    outcome: 'min-ttl-too-long',
    maximumSeconds: 1800,
  });
});

test.each<[VendOutcome, object]>([
  [{ outcome: 'not-found' }, { outcome: 'not-found' }],
  [{ outcome: 'reauthorization-required' }, { outcome: 'reauthorization-required' }],
  [
    { outcome: 'user-action-required', jumpUrl: 'https://account.adobe.com/terms' },
    { outcome: 'user-action-required', jumpUrl: 'https://account.adobe.com/terms' },
  ],
  [{ outcome: 'user-action-required' }, { outcome: 'user-action-required' }],
  [{ outcome: 'not-renewable' }, { outcome: 'not-renewable' }],
  [
    { outcome: 'waiting', reason: 'credential-breaker', retryAfterMs: 9000 },
    { outcome: 'unavailable', reason: 'credential-breaker', retryAfterMs: 9000 },
  ],
  [
    { outcome: 'unknown', retryAfterMs: 8000 },
    { outcome: 'unavailable', reason: 'unknown', retryAfterMs: 8000 },
  ],
  [
    { outcome: 'suspect', retryAfterMs: 7000 },
    { outcome: 'unavailable', reason: 'suspect', retryAfterMs: 7000 },
  ],
  [
    { outcome: 'degraded', code: 'SEAL_BROKEN' },
    { outcome: 'unavailable', reason: 'degraded', retryAfterMs: 300_000 },
  ],
  [{ outcome: 'parked' }, { outcome: 'unavailable', reason: 'parked', retryAfterMs: 60_000 }],
])('%o without a usable token ends as %o', async (outcome, expected) => {
  const { vend, world } = vendFixture();
  world.run = async () => outcome;
  expect(await vend({ connectionId: ID })).toEqual(expected);
});

test('a store that fails is passed on as a platform error, and counted', async () => {
  const { vend, telemetry } = vendFixture({
    accessTokens: {
      read: () => Promise.reject(new PlatformError('STORE_UNAVAILABLE', 'no answer')),
    },
  });
  await expect(vend({ connectionId: ID })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  expect(telemetry.total('Vends', { source: 'unavailable' })).toBe(1);
});

test('a store that fails while a rotation is awaited is asked again', async () => {
  let reads = 0;
  const { vend, publish, world, store } = vendFixture({
    accessTokens: {
      read: async (connectionId, scopeSet) => {
        if (++reads === 2) throw new PlatformError('STORE_UNAVAILABLE', 'no answer');
        return store.read(connectionId, scopeSet);
      },
    },
  });
  world.run = async () => {
    await publish();
    return { outcome: 'rotated' };
  };
  expect(await vend({ connectionId: ID })).toMatchObject({ outcome: 'vended' });
});

test('a rotator that cannot be asked is a passing failure', async () => {
  const { vend, world } = vendFixture();
  world.run = () => Promise.reject(new PlatformError('ROTATOR_UNAVAILABLE', 'throttled'));
  expect(await vend({ connectionId: ID })).toMatchObject({ outcome: 'unavailable', reason: 'rotator' });
});

test('a key that cannot be used is passed on as a platform error', async () => {
  const fixture = vendFixture();
  await fixture.publish();
  const vend = createVendAccessToken({
    ...fixture.deps(),
    opener: { open: () => Promise.reject(new PlatformError('KEY_UNAVAILABLE', 'throttled')) },
  });
  await expect(vend({ connectionId: ID })).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
});

test('a bug is not answered as a passing failure', async () => {
  const { vend, world } = vendFixture();
  world.run = () => Promise.reject(new TypeError('a bug'));
  await expect(vend({ connectionId: ID })).rejects.toThrow('a bug');
});
