const EVERYWHERE = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  // Plain http exists on loopback only, where browsers ignore this header.
  'strict-transport-security': 'max-age=31536000',
} as const;

/** Answers to Lambdas and other programs. */
export const API_HEADERS: Readonly<Record<string, string>> = EVERYWHERE;

/**
 * Answers to a browser that show nothing of their own (redirects). `no-referrer`, because the callback's own URL holds
 * the authorization code.
 */
export const BROWSER_HEADERS: Readonly<Record<string, string>> = {
  ...EVERYWHERE,
  'referrer-policy': 'no-referrer',
  'content-security-policy': contentSecurityPolicy([]),
};

/** What a page may do: nothing but be shown, with the styles whose hashes are given. */
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
