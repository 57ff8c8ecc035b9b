import { format, inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../../functions/core/secret.ts';

const PLANTED = 'planted-token-value';

describe('a secret', () => {
  const secret = new Secret(PLANTED);
  const holder = { deep: { secret }, list: [secret], map: new Map([['secret', secret]]) };
  const failure = new Error('failed', { cause: secret });
  const failureWithFields = Object.assign(new Error('failed', { cause: holder }), { secret });

  test('is revealed only when asked', () => {
    expect(secret.reveal()).toBe(PLANTED);
  });

  test.each<[string, () => string]>([
    ['String', () => String(secret)],
    ['a template', () => `${secret}`],
    ['concatenation', () => `x${String(secret)}`],
    ['JSON', () => JSON.stringify(secret)],
    ['JSON around it', () => JSON.stringify({ deep: { secret }, list: [secret] })],
    ['inspect', () => inspect(secret)],
    ['inspect around it, with hidden fields', () => inspect(holder, { depth: 9, showHidden: true })],
    ['inspect with getters', () => inspect(secret, { showHidden: true, getters: true })],
    ['inspect past its own wishes', () => inspect(secret, { customInspect: false, showHidden: true })],
    ['format', () => format('%s %o %O %j', secret, secret, secret, secret)],
    ['an error’s cause', () => inspect(failure, { depth: 9 })],
    ['an error’s fields', () => inspect(failureWithFields, { depth: 9, showHidden: true })],
    ['the stack of an error made from it', () => String(new Error(`${secret}`).stack)],
    ['its keys', () => JSON.stringify([Reflect.ownKeys(secret), Object.entries(secret)])],
    ['a spread copy', () => inspect({ ...secret }, { showHidden: true })],
    ['a structured clone', () => inspect(structuredClone(holder), { depth: 9, showHidden: true })],
    ['its number', () => String(Number(secret))],
    [
      'its default primitive',
      () => String((secret as { [Symbol.toPrimitive]?: unknown })[Symbol.toPrimitive]),
    ],
  ])('does not show in %s', (_, show) => {
    expect(show()).not.toContain(PLANTED);
  });

  test.each([
    () => String(secret),
    () => `${secret}`,
    () => inspect(secret),
    () => JSON.parse(JSON.stringify(secret)),
  ])('says that it is redacted', (show) => {
    expect(show()).toBe('[redacted]');
  });

  test('is never empty', () => {
    expect(() => new Secret('')).toThrow(TypeError);
  });
});
