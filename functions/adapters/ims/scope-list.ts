/** IMS takes commas or spaces. Commas are what Adobe's own samples and libraries send, and they survive any URL decoder. */
export function formatScopes(scopes: readonly string[]): string {
  return scopes.join(',');
}

/** Reads a list delimited by commas or spaces (RFC 6749 §3.3 knows spaces only); duplicates are dropped. */
export function parseScopes(text: string): readonly string[] {
  return [...new Set(text.split(/[\s,]+/).filter((scope) => scope !== ''))];
}
