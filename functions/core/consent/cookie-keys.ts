import type { Secret } from '../secret.ts';

/** The keys of the browser's cookies. */
export interface CookieKeys {
  readonly current: Secret;
  /** Cookies that it encrypted are still accepted. */
  readonly previous?: Secret;
}

/** Reads the keys. `fresh` skips what this process remembers. */
export type ReadCookieKeys = (options?: { readonly fresh?: boolean }) => Promise<CookieKeys>;

/**
 * Tries the keys that this process remembers, then those that another process may have read or stored since.
 * @returns the first value that is not `undefined`
 */
export async function tryCookieKeys<Value>(
  keys: { readonly read: ReadCookieKeys },
  use: (key: Secret) => Promise<Value | undefined>,
): Promise<Value | undefined> {
  const known = await keys.read();
  const value = await tryBoth(known, use);
  if (value !== undefined) return value;
  const newer = await keys.read({ fresh: true }).catch(() => known);
  return newer === known ? undefined : tryBoth(newer, use);
}

async function tryBoth<Value>(
  { current, previous }: CookieKeys,
  use: (key: Secret) => Promise<Value | undefined>,
): Promise<Value | undefined> {
  const value = await use(current);
  return value !== undefined || previous === undefined ? value : use(previous);
}
