import type { HttpResult } from './http-event.ts';

const EVERYWHERE = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  // Plain http exists on loopback only, where browsers ignore this header.
  'strict-transport-security': 'max-age=31536000',
} as const;

/** For responses to Lambdas and other programs. */
export const API_HEADERS: Readonly<Record<string, string>> = EVERYWHERE;

/**
 * For responses to a browser that show nothing (redirects). `no-referrer`, because the callback's own URL holds the
 * authorization code.
 */
export const BROWSER_HEADERS: Readonly<Record<string, string>> = {
  ...EVERYWHERE,
  'referrer-policy': 'no-referrer',
  'content-security-policy': contentSecurityPolicy([]),
};

/** A page may only be shown, with the styles whose hashes are given. */
export function contentSecurityPolicy(styleHashes: readonly string[]): string {
  const styles =
    styleHashes.length === 0 ? [] : [`style-src ${styleHashes.map((hash) => `'${hash}'`).join(' ')}`];
  return [
    "default-src 'none'",
    ...styles,
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

export function jsonResponse(
  statusCode: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): HttpResult {
  return {
    statusCode,
    headers: { ...API_HEADERS, ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}

/** 303: the browser follows with GET. `location` is a URL that the vault built, never one that the caller sent. */
export function redirect(location: string, cookies: readonly string[] = []): HttpResult {
  return {
    statusCode: 303,
    headers: { ...BROWSER_HEADERS, location },
    ...(cookies.length > 0 && { cookies }),
    body: '',
  };
}
