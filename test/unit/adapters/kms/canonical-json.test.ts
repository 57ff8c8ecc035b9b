import { expect, it } from 'vitest';
import { canonicalJson } from '../../../../client/sealed-token/canonical-json.ts';

it('orders members by UTF-16 code units, as in RFC 8785 §3.2.3', () => {
  const record = {
    '€': 'Euro',
    '\r': 'Return',
    '\ufb33': 'Dalet',
    '1': 'One',
    '😀': 'Face',
    '\u0080': 'Control',
    ö: 'o',
  };
  expect(canonicalJson(record)).toBe(
    '{"\\r":"Return","1":"One","\u0080":"Control","ö":"o","€":"Euro","😀":"Face","\ufb33":"Dalet"}',
  );
});

it('does not depend on the order in which members were written', () => {
  expect(canonicalJson({ b: 1, a: 'x' })).toBe(canonicalJson({ a: 'x', b: 1 }));
});

it.each([Number.NaN, Number.POSITIVE_INFINITY, 1.5, 2 ** 53])('refuses the number %s', (value) => {
  expect(() => canonicalJson({ value })).toThrow(TypeError);
});
