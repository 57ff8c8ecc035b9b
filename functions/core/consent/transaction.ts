import { createHash } from 'node:crypto';
import type { Secret } from '../secret.ts';
import { HOUR_MS, MINUTE_MS } from '../time-units.ts';

/** One authorization transaction in one browser, from `/authorize` to `/callback`. Only that browser keeps it, encrypted. */
export interface AuthorizationTransaction {
  /** 128 random bits. IMS returns it in the clear. */
  readonly state: string;
  readonly codeVerifier: Secret;
  /** Repeated by the ID token. */
  readonly nonce?: string;
  /**
   * The one-time code that the app will get. It is drawn at the start, so that a reload of the callback can return the same
   * code although the vault stores only its digest.
   */
  readonly connectionCode: Secret;
  readonly startedAtMs: number;
  readonly target: TransactionTarget;
}

/** Where the transaction leads. */
export type TransactionTarget =
  | { readonly kind: 'own-page' }
  | { readonly kind: 'return'; readonly returnUrlKey: string; readonly appState: string }
  /** The consent session holds the return URL and the scopes. The transaction holds only its id. */
  | { readonly kind: 'session'; readonly sessionId: string };

/** How long a browser may take between `/authorize` and `/callback`, and how long a reload shows the same outcome. */
export const TRANSACTION_LIFE_MS = 10 * MINUTE_MS;
/** The cookie outlives the transaction, so a user who returns late sees "expired" and a link back to the app. */
export const TRANSACTION_MEMORY_MS = HOUR_MS;
/** How long the link to a consent session is valid. */
const CONSENT_LINK_LIFE_MS = 10 * MINUTE_MS;
/** A session outlives its link, so that a transaction that started in the link's last minute can complete. */
export const SESSION_LIFE_MS = CONSENT_LINK_LIFE_MS + TRANSACTION_LIFE_MS;
/** How long the app's backend has to redeem the one-time code. */
export const CONNECTION_CODE_LIFE_MS = 2 * MINUTE_MS;
/** The same code and id get the same answer for this long after the first redeem. */
export const REDEEMED_CODE_LIFE_MS = 10 * MINUTE_MS;

/** @param session as stored, with the life of a session */
export function linkExpiresAtMs(session: { readonly expiresAtMs: number }): number {
  return session.expiresAtMs - TRANSACTION_LIFE_MS;
}

const RANDOM_HANDLE = /^[A-Za-z0-9_-]{43}$/;
const APP_STATE = /^[A-Za-z0-9._~-]{22,256}$/;
/** RFC 6749 §3.3, without the comma, which IMS takes as a delimiter. */
const SCOPE = /^[\x21\x23-\x2B\x2D-\x5B\x5D-\x7E]{1,128}$/;
const RETURN_URL_KEY_LENGTH = 11;

/** Random bytes as base64url. 32 bytes make a session id or a one-time code. */
export function randomHandle(random: { bytes(length: number): Uint8Array }, bytes = 32): string {
  return Buffer.from(random.bytes(bytes)).toString('base64url');
}

/** A session id or one-time code: 256 random bits, base64url. */
export function isRandomHandle(value: unknown): value is string {
  return typeof value === 'string' && RANDOM_HANDLE.test(value);
}

/** The key that a state, a session id or a one-time code is stored under: SHA-256, hex. All are random, so no salt. */
export function handleDigest(handle: string): string {
  return createHash('sha256').update(handle).digest('hex');
}

/** What the app sends along to recognize its own browser session when it comes back. 22 characters hold 128 bits. */
export function isAppState(value: unknown): value is string {
  return typeof value === 'string' && APP_STATE.test(value);
}

export function isScope(value: unknown): value is string {
  return typeof value === 'string' && SCOPE.test(value);
}

/** The scopes to request. Without `openid` Adobe does not say whose account it is. */
export function withIdentity(scopes: readonly string[]): readonly string[] {
  return scopes.includes('openid') ? scopes : ['openid', ...scopes];
}

/**
 * What a log may show of a return URL that was refused: its origin. Path and query may hold anything. `originIsKnown` tells a
 * developer that only the rest differs from a return URL of the settings, such as a slash at the end.
 */
export function refusedReturnUrl(
  returnTo: string,
  returnUrls: readonly string[],
): { readonly origin: string; readonly originIsKnown: boolean } {
  const origin = originOf(returnTo);
  return { origin, originIsKnown: returnUrls.some((returnUrl) => originOf(returnUrl) === origin) };
}

const LONGEST_ORIGIN = 200;

function originOf(url: string): string {
  if (!URL.canParse(url)) return 'not a URL';
  const { origin, protocol } = new URL(url);
  return (origin === 'null' ? protocol : origin).slice(0, LONGEST_ORIGIN);
}

/**
 * Names a return URL in a cookie and in a consent session with few bytes. An index into the settings' list would not do: after
 * the next deployment it may point to another URL, and the user would be sent there.
 */
export function returnUrlKey(returnUrl: string): string {
  return createHash('sha256').update(returnUrl).digest('base64url').slice(0, RETURN_URL_KEY_LENGTH);
}
