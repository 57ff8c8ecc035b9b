import { expect, test } from 'vitest';
import {
  canonicalScopeSet,
  createScopeSets,
} from '../../../functions/core/application/vending/scope-sets.ts';
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
    result: 'unknown-scope-set',
    allowed: ['*', 'AdobeID openid'],
  });
});

test('a narrower token is read, and asked for, under its own scope set', async () => {
  const { publish, vend, rotateWillPublish, asked } = vendFixture();
  await publish({ token: 'wide' });
  rotateWillPublish({ token: 'narrow', scopeSet: 'AdobeID openid' });
  const result = await vend({ connectionId: ID, scopes: 'openid AdobeID' });
  expect(result.result === 'vended' && result.accessToken.reveal()).toBe('narrow');
  expect(asked()).toMatchObject([{ wanted: { scopeSet: 'AdobeID openid' } }]);
});

test('scopes that Adobe refuses to a narrower token are the caller’s to mend, not a passing trouble', async () => {
  const { vend, world } = vendFixture();
  world.run = async () => ({ outcome: 'degraded', code: 'invalid_scope' });
  expect(await vend({ connectionId: ID, scopes: 'openid AdobeID' })).toEqual({
    result: 'scopes-not-granted',
  });
  expect(await vend({ connectionId: ID })).toMatchObject({ result: 'unavailable', reason: 'degraded' });
});
