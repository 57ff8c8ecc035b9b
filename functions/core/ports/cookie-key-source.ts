import type { Secret } from '../secret.ts';

/** The key of the browser's cookies, kept in memory for a short while. Throws `PlatformError` `SECRET_UNAVAILABLE` or `ACCESS_DENIED`. */
export interface CookieKeySource {
  /**
   * The secret's JSON `{ "current": "…", "previous": "…" }`; texts of any length. `fresh` skips the memory, unless it was
   * read moments ago.
   */
  read(options?: { readonly fresh?: boolean }): Promise<CookieKeys>;
}

export interface CookieKeys {
  readonly current: Secret;
  /** Cookies that were made with it are still accepted. */
  readonly previous?: Secret;
}
