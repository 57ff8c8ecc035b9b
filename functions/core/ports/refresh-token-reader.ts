import type { Secret } from '../secret.ts';

/** Reads what a refresh token says of itself. Pure; a token that cannot be read says nothing. */
export interface RefreshTokenReader {
  read(token: Secret): RefreshTokenClaims;
}

/** Unverified: hints that catch mistakes, never security. */
export interface RefreshTokenClaims {
  readonly type?: string;
  readonly clientId?: string;
  readonly subject?: string;
  readonly scopes?: readonly string[];
  /** `created_at` + `expires_in`, epoch milliseconds. */
  readonly expiresAtMs?: number;
}
