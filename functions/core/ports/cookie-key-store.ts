import type { CookieKeys } from './cookie-key-source.ts';

/** The cookie key for its operator, who replaces it. Throws `PlatformError` `SECRET_UNAVAILABLE` or `ACCESS_DENIED`. */
export interface CookieKeyStore {
  /** `malformed`: what is stored is no key, and nobody can sign in. */
  read(): Promise<CookieKeys | 'malformed'>;
  /** Every function accepts it from the first cookie on that was made with it. */
  store(keys: CookieKeys): Promise<void>;
}
