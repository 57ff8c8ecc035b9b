import { expect, test } from 'vitest';
import { createVendAccessToken } from '../../../functions/core/access-tokens/vend-access-token.ts';
import { injectFaults, onCall, unreachable } from '../../support/faults/fault-proxy.ts';
import { digestOf, HOUR_MS, ID, vendFixture } from './vend-fixture.ts';

function rejected(token: string) {
  return { connectionId: ID, rejectedDigest: digestOf(token) };
}

test('a rejected token that is still the stored one is refreshed once, by name', async () => {
  const { publish, vend, rotateWillPublish, asked, telemetry } = vendFixture();
  const stored = await publish({ token: 'bad', version: 4 });
  rotateWillPublish({ token: 'good', version: 5 });
  const result = await vend(rejected('bad'));
  expect(result.outcome === 'vended' && result.accessToken.reveal()).toBe('good');
  expect(asked()).toEqual([
    {
      connectionId: ID,
      trigger: 'vend',
      requirement: {
        scopeSet: '*',
        minTtlSeconds: 300,
        rejected: { generation: stored.generation, version: 4 },
      },
    },
  ]);
  expect(telemetry.total('RejectedTokens')).toBe(1);
});

test('a rejected token that was replaced already brings the newer one, without a refresh', async () => {
  const { publish, vend, rotator } = vendFixture();
  await publish({ token: 'good', version: 5 });
  const result = await vend(rejected('bad'));
  expect(result.outcome === 'vended' && result.accessToken.reveal()).toBe('good');
  expect(rotator.rotated).toEqual([]);
});

test('many callers that report the same token cause one refresh', async () => {
  const { publish, vend, rotateWillPublish, rotator } = vendFixture();
  await publish({ token: 'bad' });
  rotateWillPublish({ token: 'good', version: 2 });
  await Promise.all(Array.from({ length: 30 }, () => vend(rejected('bad'))));
  expect(rotator.rotated).toHaveLength(1);
});

test('a refresh under the same version, with no new refresh token, still replaces the rejected token', async () => {
  const { publish, vend, rotateWillPublish, clock } = vendFixture();
  await publish({ token: 'bad' });
  clock.advance(1000);
  rotateWillPublish({ token: 'good' });
  const result = await vend(rejected('bad'));
  expect(result.outcome === 'vended' && result.accessToken.reveal()).toBe('good');
});

test('when forced refreshes are limited, the rejected token is not handed out again', async () => {
  const { publish, vend, world } = vendFixture();
  await publish({ token: 'bad' });
  world.run = async () => ({ outcome: 'waiting', reason: 'forced-refresh-limit', retryAfterMs: 42_000 });
  expect(await vend(rejected('bad'))).toEqual({
    outcome: 'unavailable',
    reason: 'forced-refresh-limit',
    retryAfterMs: 42_000,
  });
});

test('callers that rejected no token are served while refreshes are limited', async () => {
  const { publish, vend, world } = vendFixture();
  await publish({ token: 'live' });
  world.run = async () => ({ outcome: 'waiting', reason: 'forced-refresh-limit', retryAfterMs: 42_000 });
  expect(await vend({ connectionId: ID })).toMatchObject({ outcome: 'vended' });
});

test('a stored token whose seal is broken counts as absent once, and a refresh fixes it', async () => {
  const { sealed, store, vend, rotateWillPublish, asked, telemetry } = vendFixture();
  const record = await sealed({ token: 'torn' });
  await store.publish({ ...record, expiresAtMs: record.expiresAtMs + 1 }, 9_999_999_999);
  rotateWillPublish({ token: 'whole', version: 2 });
  const result = await vend({ connectionId: ID });
  expect(result.outcome === 'vended' && result.accessToken.reveal()).toBe('whole');
  expect(asked()).toMatchObject([{ requirement: { rejected: { version: 1 } } }]);
  expect(telemetry.messages('error')).toHaveLength(1);
});

test('a stored token under a key that is not configured counts as absent once, too', async () => {
  const { publish, deps, rotateWillPublish, asked } = vendFixture();
  await publish({ token: 'of another edition' });
  rotateWillPublish({ token: 'of this one', version: 2 });
  const { opener, ...others } = deps();
  const missing = injectFaults(opener, [unreachable('KEY_UNKNOWN', onCall('open', 1))]);
  const result = await createVendAccessToken({ ...others, opener: missing })({ connectionId: ID });
  expect(result.outcome === 'vended' && result.accessToken.reveal()).toBe('of this one');
  expect(asked()).toHaveLength(1);
});

test('a seal that stays broken is passed on as a platform error', async () => {
  const { sealed, store, vend, world } = vendFixture();
  const record = await sealed();
  const torn = { ...record, expiresAtMs: record.expiresAtMs + 1 };
  await store.publish(torn, 9_999_999_999);
  world.run = async () => {
    await store.publish({ ...torn, version: 2 }, 9_999_999_999);
    return { outcome: 'rotated' };
  };
  await expect(vend({ connectionId: ID })).rejects.toMatchObject({ code: 'SEAL_BROKEN' });
});

test('a token relabelled to live longer is not served', async () => {
  const { sealed, store, vend, world } = vendFixture();
  const record = await sealed({ lifeMs: HOUR_MS, ageMs: 2 * HOUR_MS });
  await store.publish({ ...record, expiresAtMs: record.expiresAtMs + 24 * HOUR_MS }, 9_999_999_999);
  world.run = async () => ({ outcome: 'unknown', retryAfterMs: 1000 });
  expect(await vend({ connectionId: ID })).toMatchObject({ outcome: 'unavailable' });
});
