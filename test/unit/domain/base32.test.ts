import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { base32LowerCase, base32Sortable } from '../../../functions/core/base32.ts';

function utf8(text: string) {
  return new TextEncoder().encode(text);
}

describe('base32 in lower case', () => {
  // RFC 4648 §10, without padding.
  test.each([
    ['', ''],
    ['f', 'my'],
    ['fo', 'mzxq'],
    ['foo', 'mzxw6'],
    ['foob', 'mzxw6yq'],
    ['fooba', 'mzxw6ytb'],
    ['foobar', 'mzxw6ytboi'],
  ])('of "%s" is "%s"', (plain, encoded) => {
    expect(base32LowerCase(utf8(plain))).toBe(encoded);
  });

  test('takes bytes with the highest bit set', () => {
    expect(base32LowerCase(new Uint8Array(5).fill(0xff))).toBe('77777777');
  });
});

describe('sortable base32', () => {
  test('sorts as the bytes do', () => {
    const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(bytes, bytes, (one, other) => {
        const byBytes = Math.sign(Buffer.compare(one, other));
        const [first, second] = [base32Sortable(one), base32Sortable(other)];
        expect(first === second ? 0 : first < second ? -1 : 1).toBe(byBytes);
      }),
    );
  });

  test('uses no letter that is taken for a digit', () => {
    const text = base32Sortable(Uint8Array.from({ length: 250 }, (_, at) => at));
    expect(text).toMatch(/^[0-9A-HJKMNP-TV-Z]+$/);
  });
});
