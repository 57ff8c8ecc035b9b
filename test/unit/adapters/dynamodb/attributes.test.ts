import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromItem, toAttribute, toItem } from '../../../../functions/adapters/dynamodb/items.ts';

describe('attributes', () => {
  test('each kind of value has its own type', () => {
    const bytes = Uint8Array.of(1, 2);
    expect(toItem({ text: 'a', number: 1.5, flag: false, bytes, list: ['x'], map: { y: 0 } })).toEqual({
      text: { S: 'a' },
      number: { N: '1.5' },
      flag: { BOOL: false },
      bytes: { B: bytes },
      list: { L: [{ S: 'x' }] },
      map: { M: { y: { N: '0' } } },
    });
  });

  test('what is undefined is not stored', () => {
    expect(toItem({ here: 1, absent: undefined, map: { absent: undefined } })).toEqual({
      here: { N: '1' },
      map: { M: {} },
    });
  });

  test.each([null, Number.NaN, Number.POSITIVE_INFINITY, undefined, 10n, () => 1])(
    '%s is refused',
    (value) => {
      expect(() => toAttribute(value)).toThrow(TypeError);
    },
  );

  test('whatever is stored comes back as it was', () => {
    const leaf = fc.oneof(fc.string(), fc.maxSafeInteger(), fc.boolean(), fc.uint8Array());
    const value = fc.letrec((tie) => ({
      node: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc.array(tie('node')),
        fc.dictionary(fc.stringMatching(/^[a-z]{1,9}$/), tie('node'), { noNullPrototype: true }),
      ),
    })).node;
    fc.assert(
      fc.property(value, (stored) => {
        expect(fromItem(toItem({ stored }))).toEqual({ stored });
      }),
    );
  });
});
