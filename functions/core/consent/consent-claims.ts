/** Claims about the token, not about the person (OpenID Connect Core §2). */
const PROTOCOL_CLAIMS = new Set([
  'iss',
  'sub',
  'aud',
  'exp',
  'iat',
  'nbf',
  'jti',
  'nonce',
  'azp',
  'auth_time',
  'acr',
  'amr',
  'at_hash',
  'c_hash',
  'sid',
]);

/** What the ID token says of the person: what the scopes `email`, `profile` and `address` were asked for. */
export function personalClaims(
  claims: Readonly<Record<string, string | boolean>>,
): Readonly<Record<string, string | boolean>> {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !PROTOCOL_CLAIMS.has(name)));
}
