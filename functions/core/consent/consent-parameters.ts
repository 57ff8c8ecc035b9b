import { createHash } from 'node:crypto';

const APP_STATE = /^[A-Za-z0-9._~-]{22,256}$/;
/** RFC 6749 §3.3, without the comma that IMS takes as a delimiter. */
const SCOPE = /^[\x21\x23-\x2B\x2D-\x5B\x5D-\x7E]{1,128}$/;
const RANDOM_HANDLE = /^[A-Za-z0-9_-]{43}$/;
const RETURN_URL_KEY_LENGTH = 11;

/** What the app sends along to recognise its own browser session when it comes back: 22 characters hold 128 bits. */
export function isAppState(value: unknown): value is string {
  return typeof value === 'string' && APP_STATE.test(value);
}

export function isScope(value: unknown): value is string {
  return typeof value === 'string' && SCOPE.test(value);
}

/** What is asked for: always with `openid`, without which Adobe does not say whose the account is. */
export function withIdentity(scopes: readonly string[]): readonly string[] {
  return scopes.includes('openid') ? scopes : ['openid', ...scopes];
}

/** A session id or one-time code: 256 random bits, base64url. */
export function isRandomHandle(value: unknown): value is string {
  return typeof value === 'string' && RANDOM_HANDLE.test(value);
}

/** Under what a state, a session id or a one-time code is stored: SHA-256, hex. All of them are random, so no salt. */
export function handleDigest(handle: string): string {
  return createHash('sha256').update(handle).digest('hex');
}

/**
 * Names a return URL in a browser's cookie and in a consent session, in few bytes. Not its place in the settings' list: that may
 * be another URL's after the next deployment, and the user would be sent there.
 */
export function returnUrlKey(returnUrl: string): string {
  return createHash('sha256').update(returnUrl).digest('base64url').slice(0, RETURN_URL_KEY_LENGTH);
}
