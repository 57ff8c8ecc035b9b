import { createHash } from 'node:crypto';

/**
 * `__Host-`: the browser accepts it only with `Secure`, `Path=/` and without `Domain`, so no other host can set it.
 * @see https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#section-4.1.3.2
 */
const NAME_PREFIX = '__Host-vault-';
const NAME_DIGEST_LENGTH = 12;
const NAME_PATTERN = /^__Host-vault-[0-9a-f]{12}$/;
/** `Lax`: sent with the top-level navigation that comes back from Adobe, and with nothing else from elsewhere. */
const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Lax';
const JWE_PATTERN = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*){4}$/;

export interface TransactionCookie {
  readonly name: string;
  readonly value: string;
}

/** One cookie per state, so that several tabs do not overwrite each other. */
export function cookieNameOf(state: string): string {
  const digest = createHash('sha256').update(state).digest('hex');
  return NAME_PREFIX + digest.slice(0, NAME_DIGEST_LENGTH);
}

export function setCookie({ name, value }: TransactionCookie, maxAgeSeconds: number): string {
  return `${name}=${value}; Max-Age=${maxAgeSeconds}; ${ATTRIBUTES}`;
}

export function dropCookie({ name }: TransactionCookie): string {
  return setCookie({ name, value: '' }, 0);
}

/** What the cookie weighs in the request: the gateway's limit counts it. */
export function cookieBytes({ name, value }: TransactionCookie): number {
  return name.length + 1 + value.length;
}

/** The transaction cookies among `name=value` pairs; anything else is ignored. */
export function transactionCookies(pairs: readonly string[]): readonly TransactionCookie[] {
  return pairs
    .map((pair) => {
      const at = pair.indexOf('=');
      return { name: pair.slice(0, Math.max(at, 0)).trim(), value: pair.slice(at + 1).trim() };
    })
    .filter(({ name }) => NAME_PATTERN.test(name));
}

/** Not worth a decryption otherwise. */
export function looksEncrypted({ value }: TransactionCookie): boolean {
  return value.length <= 4096 && JWE_PATTERN.test(value);
}
