import { describe, expect, it } from 'vitest';
import { assertConnectionPattern } from '../../lib/iam/connection-grants.ts';

describe('a pattern of connections', () => {
  it.each(['*', 'acme.*', 'acme-labs.*', 'acme.team-1.*', 'adobe-*', 'acme.user-42', 'a', 'x'.repeat(128)])(
    'may be "%s"',
    (pattern) => {
      expect(() => assertConnectionPattern(pattern)).not.toThrow();
    },
  );

  it.each([
    ['opens ids that only begin alike', 'acme*'],
    ['opens tenants whose names go on after a hyphen', 'acme-*'],
    ['opens tenants whose names go on after an underscore', 'acme_*'],
    ['goes on after a hyphen within a tenant', 'acme.team-*'],
    ['opens more than the plain sign-ins', 'adobe*'],
    ['spells the sign-ins in another way', 'Adobe-*'],
    ['narrows the sign-ins by their hash', 'adobe-a*'],
    ['stands for single characters', 'acme.user-?'],
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
      `"${pattern}" is not a pattern of connections: write one id, a prefix that ends in a dot such as acme.*, adobe-* for plain sign-ins, or * for all.`,
    );
  });
});
