import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  generationTimeMs,
  mintGeneration,
  mintGenerationAfter,
} from '../../../functions/core/domain/generation.ts';

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
        fc.pre(before < 2 ** 48 - 1);
        const previous = mintGeneration(before, oneRandom);
        expect(mintGenerationAfter(previous, nowMs, otherRandom) > previous).toBe(true);
      }),
    );
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
