import type { CookieKeyStore } from '../ports/consents.ts';
import type { Random } from '../ports/platform.ts';
import { Secret } from '../secret.ts';

const KEY_BYTES = 32;

export interface RotateCookieKeyDeps {
  readonly cookieKey: CookieKeyStore;
  readonly random: Random;
}

/** Stores a new key. Cookies under the previous key are still accepted, so that no transaction under way ends. */
export async function rotateCookieKey({ cookieKey, random }: RotateCookieKeyDeps): Promise<void> {
  const stored = await cookieKey.read();
  const current = new Secret(Buffer.from(random.bytes(KEY_BYTES)).toString('base64url'));
  await cookieKey.store(stored === 'malformed' ? { current } : { current, previous: stored.current });
}

/** Stops accepting the previous key. An hour after a rotation no cookie needs it. */
export async function dropPreviousCookieKey(cookieKey: CookieKeyStore): Promise<'dropped' | 'none'> {
  const stored = await cookieKey.read();
  if (stored === 'malformed' || stored.previous === undefined) return 'none';
  await cookieKey.store({ current: stored.current });
  return 'dropped';
}
