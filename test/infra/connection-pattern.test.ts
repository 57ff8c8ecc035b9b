import { describe, expect, it } from 'vitest';
import { assertConnectionPattern } from '../../lib/connection-pattern.ts';

describe('a pattern of connections', () => {
  it.each(['*', 'acme.*', 'acme-*', 'acme_*', 'acme.team-1.*', 'acme.user-42', 'a', 'x'.repeat(128)])(
    'may be "%s"',
    (pattern) => {
      expect(() => assertConnectionPattern(pattern)).not.toThrow();
    },
  );

  it.each([
    ['opens ids that only begin alike', 'acme*'],
    ['is empty', ''],
    ['has a star in front', '*.user'],
    ['has a star in the middle', 'acme.*.x'],
    ['has two stars', '**'],
    ['starts with a separator', '.*'],
    ['leaves its path', 'acme/../x'],
    ['has a space', 'a b'],
    ['is longer than any id', 'x'.repeat(129)],
  ])('is refused when it %s', (_why, pattern) => {
    expect(() => assertConnectionPattern(pattern)).toThrow(
      `"${pattern}" is not a pattern of connections: write one id, a prefix that ends in a separator such as acme.*, or * for all.`,
    );
  });
});
