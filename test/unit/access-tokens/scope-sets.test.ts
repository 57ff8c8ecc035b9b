import { expect, test } from 'vitest';
import { canonicalScopeSet, createScopeSets } from '../../../functions/core/access-tokens/scope-sets.ts';
import { ID, vendFixture } from './vend-fixture.ts';

test('a scope set is sorted, without repetition, and may be written with commas', () => {
  expect(canonicalScopeSet(' openid, AdobeID  openid ')).toBe('AdobeID openid');
});

test('without scopes everything granted is meant', () => {
  expect(createScopeSets(['openid']).resolve(undefined)).toBe('*');
  expect(createScopeSets(['openid']).resolve('*')).toBe('*');
});

test('a configured scope set is found in any order, another one is not', () => {
  const scopeSets = createScopeSets(['openid AdobeID']);
  expect(scopeSets.all).toEqual(['*', 'AdobeID openid']);
  expect(scopeSets.resolve('AdobeID openid')).toBe('AdobeID openid');
  expect(scopeSets.resolve('openid')).toBeUndefined();
  expect(scopeSets.resolve('')).toBeUndefined();
});

test('an unknown scope set is refused with the allowed ones', async () => {
  const { vend } = vendFixture();
  expect(await vend({ connectionId: ID, scopes: 'creative_sdk' })).toEqual({
    outcome: 'unknown-scope-set',
    available: [['AdobeID', 'openid']],
  });
});

test('a narrower token is read, and asked for, under its own scope set', async () => {
  const { publish, vend, rotateWillPublish, asked } = vendFixture();
  await publish({ token: 'wide' });
  rotateWillPublish({ token: 'narrow', scopeSet: 'AdobeID openid' });
  const result = await vend({ connectionId: ID, scopes: 'openid AdobeID' });
  expect(result.outcome === 'vended' && result.accessToken.reveal()).toBe('narrow');
  expect(asked()).toMatchObject([{ requirement: { scopeSet: 'AdobeID openid' } }]);
});

test('scopes that Adobe refuses to a narrower token are an error for the caller to fix, not a temporary one', async () => {
  const { vend, world } = vendFixture();
  world.run = async () => ({ outcome: 'scopes-refused', code: 'invalid_scope', retryAfterMs: 60_000 });
  expect(await vend({ connectionId: ID, scopes: 'openid AdobeID' })).toEqual({
    outcome: 'scopes-not-granted',
    retryAfterMs: 60_000,
  });
});

test.each([
  [{ outcome: 'scopes-refused', code: 'access_denied', retryAfterMs: 60_000 } as const, 60_000],
  // Everything granted went first, because it was due.
  [{ outcome: 'degraded', code: 'invalid_scope' } as const, 300_000],
])(
  'another refusal is a temporary error, with the time of the next attempt: %o',
  async (outcome, retryAfterMs) => {
    const { vend, world } = vendFixture();
    world.run = async () => outcome;
    expect(await vend({ connectionId: ID, scopes: 'openid AdobeID' })).toEqual({
      outcome: 'unavailable',
      reason: outcome.outcome,
      retryAfterMs,
    });
  },
);

test('a rotation that was due is followed by the narrower token, for the same caller', async () => {
  const { publish, vend, world, asked } = vendFixture();
  world.run = async () => {
    await publish({ token: 'narrow', ...(asked().length > 1 && { scopeSet: 'AdobeID openid' }) });
    return { outcome: 'rotated' };
  };
  const result = await vend({ connectionId: ID, scopes: 'openid AdobeID' });
  expect(result.outcome === 'vended' && result.accessToken.reveal()).toBe('narrow');
  expect(asked()).toHaveLength(2);
});
