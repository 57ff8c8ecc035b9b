import { describe, expect, it } from 'vitest';
import type { CookieKeys } from '../../../functions/core/consent/cookie-keys.ts';
import {
  dropPreviousCookieKey,
  rotateCookieKey,
} from '../../../functions/core/consent/replace-cookie-key.ts';
import { Secret } from '../../../functions/core/secret.ts';
import { createSeededRandom } from '../../support/fakes/seeded-random.ts';

function holding(keys: CookieKeys | 'malformed') {
  let stored = keys;
  const shown = () => (stored === 'malformed' ? [] : [stored.current.reveal(), stored.previous?.reveal()]);
  return {
    shown,
    cookieKey: {
      read: async () => stored,
      store: async (next: CookieKeys) => {
        stored = next;
      },
    },
  };
}

describe('The cookie key', () => {
  it('is replaced by 256 random bits, and the previous one is still accepted', async () => {
    const { cookieKey, shown } = holding({
      current: new Secret('b'.repeat(43)),
      previous: new Secret('a'.repeat(43)),
    });
    await rotateCookieKey({ cookieKey, random: createSeededRandom('cookie-key') });
    const [current, previous] = shown();
    expect(current).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(previous).toBe('b'.repeat(43));
    await rotateCookieKey({ cookieKey, random: createSeededRandom('another') });
    expect(shown()).toEqual([expect.not.stringMatching(current ?? ''), current]);
  });

  it('that is malformed is replaced all the same', async () => {
    const { cookieKey, shown } = holding('malformed');
    await rotateCookieKey({ cookieKey, random: createSeededRandom('cookie-key') });
    expect(shown()).toEqual([expect.stringMatching(/^.{43}$/), undefined]);
  });

  it('that is the previous one can be dropped, once', async () => {
    const { cookieKey, shown } = holding({
      current: new Secret('b'.repeat(43)),
      previous: new Secret('a'.repeat(43)),
    });
    expect(await dropPreviousCookieKey(cookieKey)).toBe('dropped');
    expect(shown()).toEqual(['b'.repeat(43), undefined]);
    expect(await dropPreviousCookieKey(cookieKey)).toBe('none');
  });
});
