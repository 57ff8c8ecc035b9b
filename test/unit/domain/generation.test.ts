import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  generationTimeMs,
  isFarAhead,
  mintGeneration,
  mintGenerationAfter,
} from '../../../functions/core/connection/generation.ts';

const DAY_MS = 86_400_000;
const moments = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const randomness = fc.uint8Array({ minLength: 10, maxLength: 10 });

describe('a generation', () => {
  test('is 26 characters of sortable text', () => {
    expect(mintGeneration(Date.UTC(2026, 0, 1), new Uint8Array(10).fill(255))).toMatch(
      /^[0-9A-HJKMNP-TV-Z]{26}$/,
    );
  });

  test('minted later is the greater string, whatever the randomness', () => {
    fc.assert(
      fc.property(moments, moments, randomness, randomness, (one, other, oneRandom, otherRandom) => {
        fc.pre(one < other);
        expect(mintGeneration(one, oneRandom) < mintGeneration(other, otherRandom)).toBe(true);
      }),
    );
  });

  test('gives back the moment it was minted at', () => {
    fc.assert(
      fc.property(moments, randomness, (atMs, random) => {
        expect(generationTimeMs(mintGeneration(atMs, random))).toBe(atMs);
      }),
    );
  });

  test('differs by its randomness within one millisecond', () => {
    fc.assert(
      fc.property(moments, randomness, randomness, (atMs, one, other) => {
        fc.pre(!Buffer.from(one).equals(other));
        expect(mintGeneration(atMs, one)).not.toBe(mintGeneration(atMs, other));
      }),
    );
  });

  test('needs ten random bytes', () => {
    expect(() => mintGeneration(0, new Uint8Array(9))).toThrow(TypeError);
  });
});

describe('a generation after another', () => {
  test('is always the greater one, also with a clock that is behind', () => {
    fc.assert(
      fc.property(moments, moments, randomness, randomness, (before, nowMs, oneRandom, otherRandom) => {
        fc.pre(before < 2 ** 48 - 1 && before <= nowMs + DAY_MS);
        const previous = mintGeneration(before, oneRandom);
        expect(mintGenerationAfter(previous, nowMs, otherRandom) > previous).toBe(true);
      }),
    );
  });

  test('is greater than any text that is not far ahead, whatever it is made of', () => {
    const nowMs = Date.UTC(2026, 0, 15);
    const parts = fc.constantFrom(mintGeneration(nowMs + 1, new Uint8Array(10)), '~', 'Z', 'U', '0', '', 'z');
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 4 }), fc.nat(26), randomness, (texts, at, random) => {
        const previous = `${mintGeneration(nowMs + 5, random).slice(0, at)}${texts.join('')}`;
        fc.pre(!isFarAhead(previous, nowMs));
        expect(mintGenerationAfter(previous, nowMs, random) > previous).toBe(true);
      }),
    );
  });

  test.each(['ZZZZZZZZZZZZZZZZZZZZZZZZZZ', '~', 'zzzz', '8'])(
    'does not follow %s, which is far ahead',
    (previous) => {
      const nowMs = Date.UTC(2026, 0, 15);
      const random = new Uint8Array(10).fill(1);
      expect(isFarAhead(previous, nowMs)).toBe(true);
      expect(mintGenerationAfter(previous, nowMs, random)).toBe(mintGeneration(nowMs, random));
    },
  );

  test('is far ahead a day from now, and not before', () => {
    const nowMs = Date.UTC(2026, 0, 15);
    const most = new Uint8Array(10).fill(255);
    expect(isFarAhead(mintGeneration(nowMs + DAY_MS, most), nowMs)).toBe(false);
    expect(isFarAhead(mintGeneration(nowMs + DAY_MS + 1, new Uint8Array(10)), nowMs)).toBe(true);
  });

  test('carries our own time where that is late enough', () => {
    const previous = mintGeneration(1_000, new Uint8Array(10).fill(255));
    const next = mintGenerationAfter(previous, 2_000, new Uint8Array(10));
    expect(generationTimeMs(next)).toBe(2_000);
  });

  test('of nothing is simply minted', () => {
    const random = new Uint8Array(10).fill(1);
    expect(mintGenerationAfter(undefined, 5, random)).toBe(mintGeneration(5, random));
  });
});
