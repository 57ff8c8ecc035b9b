import { expect, test } from 'vitest';
import { HOUR_MS, ID, vendFixture } from './vend-fixture.ts';

test('a live token is served from the cache without asking rotate', async () => {
  const { publish, vend, clock, rotator, sealing, telemetry } = vendFixture();
  await publish({ token: 'live-token' });
  const result = await vend({ connectionId: ID });
  expect(result).toMatchObject({
    outcome: 'vended',
    source: 'cache',
    expiresAtMs: clock.nowMs() + 24 * HOUR_MS,
    expiresInSeconds: 24 * 3600,
    scopes: ['openid', 'lr_partner_apis'],
  });
  expect(result.outcome === 'vended' && result.accessToken.reveal()).toBe('live-token');
  expect(sealing.counts.opened).toBe(1);
  expect(rotator.rotated).toEqual([]);
  expect(rotator.started).toEqual([]);
  expect(telemetry.total('Vends', { source: 'cache' })).toBe(1);
});

test('min_ttl may be half the observed life and not a second more', async () => {
  const { publish, vend } = vendFixture();
  await publish({ lifeMs: HOUR_MS });
  expect(await vend({ connectionId: ID, minTtlSeconds: 1800 })).toMatchObject({ outcome: 'vended' });
  expect(await vend({ connectionId: ID, minTtlSeconds: 1801 })).toEqual({
    outcome: 'min-ttl-too-long',
    maximumSeconds: 1800,
  });
});

test('an expired token still shows the longest min_ttl', async () => {
  const { publish, vend, rotator } = vendFixture();
  await publish({ lifeMs: HOUR_MS, ageMs: 2 * HOUR_MS });
  expect(await vend({ connectionId: ID, minTtlSeconds: 9999 })).toEqual({
    outcome: 'min-ttl-too-long',
    maximumSeconds: 1800,
  });
  expect(rotator.rotated).toEqual([]);
});

test('the default min_ttl is lower for tokens that live shorter than ten minutes', async () => {
  const { publish, vend, rotator } = vendFixture();
  await publish({ lifeMs: 400_000, ageMs: 150_000 });
  expect(await vend({ connectionId: ID })).toMatchObject({ outcome: 'vended', source: 'cache' });
  expect(rotator.rotated).toEqual([]);
});

test('a token below ten percent of its life is served at once while one rotation starts', async () => {
  const { publish, vend, rotator } = vendFixture();
  await publish({ lifeMs: 24 * HOUR_MS, ageMs: 22 * HOUR_MS });
  const results = await Promise.all(Array.from({ length: 20 }, () => vend({ connectionId: ID })));
  expect(results.every(({ outcome }) => outcome === 'vended')).toBe(true);
  expect(rotator.rotated).toEqual([]);
  expect(rotator.started).toEqual([
    { connectionId: ID, trigger: 'vend', requirement: { scopeSet: '*', minTtlSeconds: 8640 } },
  ]);
});

test('vending a connection whose rotation is overdue starts what its schedule would have started', async () => {
  const { publish, vend, rotator } = vendFixture();
  await publish({ rotateInMs: -1 });
  expect(await vend({ connectionId: ID })).toMatchObject({ outcome: 'vended', source: 'cache' });
  expect(rotator.started).toEqual([{ connectionId: ID, trigger: 'schedule' }]);
});

test('a narrower token issued before the last rotation does not start another', async () => {
  const { publish, vend, rotator } = vendFixture();
  await publish({ scopeSet: 'AdobeID openid', rotateInMs: -1 });
  expect(await vend({ connectionId: ID, scopes: 'openid AdobeID' })).toMatchObject({ outcome: 'vended' });
  expect(rotator.started).toEqual([]);
});

test('a background rotation is not repeated within a minute, and is after it', async () => {
  const { publish, vend, rotator, clock } = vendFixture();
  await publish({ rotateInMs: -1 });
  await vend({ connectionId: ID });
  await vend({ connectionId: ID });
  expect(rotator.started).toHaveLength(1);
  clock.advance(60_000);
  await vend({ connectionId: ID });
  expect(rotator.started).toHaveLength(2);
});

test('no rotation starts for a token that cannot be renewed', async () => {
  const { publish, vend, rotator } = vendFixture();
  await publish({ ageMs: 23 * HOUR_MS, rotateInMs: null });
  expect(await vend({ connectionId: ID })).toMatchObject({ outcome: 'vended' });
  expect(rotator.started).toEqual([]);
});

test('a rotation that cannot be started does not keep the live token from its caller', async () => {
  const { publish, vend, rotator, telemetry } = vendFixture();
  await publish({ rotateInMs: -1 });
  rotator.start = async () => Promise.reject(new Error('throttled'));
  expect(await vend({ connectionId: ID })).toMatchObject({ outcome: 'vended' });
  expect(telemetry.messages('error')).toHaveLength(1);
});

test('a rotation that hangs while it is being started does not hold up the live token', async () => {
  const { publish, vend, rotator } = vendFixture();
  await publish({ rotateInMs: -1 });
  rotator.start = () => new Promise(() => undefined);
  expect(await vend({ connectionId: ID })).toMatchObject({ outcome: 'vended' });
});

test('nothing that is logged or measured shows a token', async () => {
  const { publish, vend, telemetry } = vendFixture();
  await publish({ token: 'planted-token-value', rotateInMs: -1 });
  await vend({ connectionId: ID });
  expect(telemetry.leaksOf(['planted-token-value'])).toEqual([]);
});
