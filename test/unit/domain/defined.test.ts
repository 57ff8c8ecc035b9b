import { expect, expectTypeOf, test } from 'vitest';
import { defined } from '../../../functions/core/defined.ts';

test('members without a value are left out, and every other value is kept', () => {
  expect(defined({ a: 0, b: '', c: false, d: null, e: undefined })).toEqual({
    a: 0,
    b: '',
    c: false,
    d: null,
  });
  expect(Object.keys(defined({ a: undefined }))).toEqual([]);
});

test('a member that may be undefined becomes an optional one without undefined', () => {
  const scopes: readonly string[] | undefined = Date.now() > 0 ? ['openid'] : undefined;
  const found: { readonly kind: 'code'; readonly scopes?: readonly string[] } = defined({
    kind: 'code',
    scopes,
  });

  expect(found).toEqual({ kind: 'code', scopes: ['openid'] });
  expectTypeOf(found.scopes).toEqualTypeOf<readonly string[] | undefined>();
});
