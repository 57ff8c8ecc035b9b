import type { Secret } from '../secret.ts';

/** The vault's credential at Adobe, as far as the secret is known now. */
export interface ClientSecrets {
  readonly current: Secret;
  readonly previous?: Secret;
}

/**
 * Token endpoint and revocation endpoint of Adobe IMS (RFC 6749 §4.1.3, §6; RFC 7009). Every answer, and its absence, is a
 * value; nothing is thrown.
 */
export interface Ims {
  exchangeCode(exchange: CodeExchange): Promise<TokenAnswer>;
  /**
   * One POST, no retries. Waits `timeoutMs` for the answer. The request then stays open until `keepOpenMs`, and `late` is what
   * arrives in that time.
   */
  refresh(refresh: TokenRefresh): Promise<RefreshAnswer>;
  revoke(revocation: TokenRevocation): Promise<RevokeAnswer>;
  /** Posts a made-up refresh token. Whether the token endpoint answered, in words that are its own: not a gateway's. */
  answersWithoutGrant(check: EndpointCheck): Promise<boolean>;
}

export interface EndpointCheck {
  readonly clientSecret: Secret;
  readonly timeoutMs: number;
}

export interface CodeExchange {
  readonly code: Secret;
  readonly codeVerifier: Secret;
  readonly redirectUri: string;
  readonly nonce?: string;
  readonly clientSecret: Secret;
  readonly timeoutMs: number;
}

export interface TokenRefresh {
  readonly refreshToken: Secret;
  /** Narrower scopes; absent = everything granted. */
  readonly scopes?: readonly string[];
  readonly clientSecret: Secret;
  readonly timeoutMs: number;
  /** Counted from the post, as `timeoutMs` is. Absent = `timeoutMs`. */
  readonly keepOpenMs?: number;
}

export interface TokenRevocation {
  readonly token: Secret;
  readonly clientSecret: Secret;
  readonly timeoutMs: number;
}

export type TokenAnswer =
  | { readonly kind: 'tokens'; readonly tokens: ReceivedTokens; readonly debugId?: string }
  /** `access_denied` or `invalid_grant`. */
  | { readonly kind: 'refused'; readonly error: string; readonly debugId?: string }
  /**
   * `invalid_client`, or `unauthorized` for a 401 that does not mention a token: Adobe refuses the credential. With
   * `unauthorized_client`, `invalid_scope` or `bad_request` it refuses what this grant requests, and nothing else.
   */
  | { readonly kind: 'misconfigured'; readonly error: string; readonly debugId?: string }
  /** `ride_*`, `interaction_required`, `consent_required`; `jumpUrl` only if https on an Adobe host. */
  | {
      readonly kind: 'user-action';
      readonly error: string;
      readonly jumpUrl?: string;
      readonly debugId?: string;
    }
  /** 429, or a 5xx with Retry-After. */
  | {
      readonly kind: 'wait';
      readonly retryAfterMs: number;
      /** A 5xx does not say whether IMS has used the token. */
      readonly mayBeUsed?: true;
      readonly debugId?: string;
    }
  /** Nothing is known about what IMS did. */
  | { readonly kind: 'unknown'; readonly reason: UnknownReason; readonly debugId?: string }
  /** Any other 4xx. It concerns this grant only. */
  | {
      readonly kind: 'unexpected';
      readonly status: number;
      readonly error?: string;
      readonly debugId?: string;
    };

/** An answer to a refresh. `late` is set only after a timeout, while the request is still open. It settles and never rejects. */
export type RefreshAnswer = TokenAnswer & { readonly late?: Promise<TokenAnswer> };

/** IMS may have used the token in every case but `unreachable`. */
export type UnknownReason =
  /** No answer within `timeoutMs`. */
  | 'timeout'
  /** The connection broke after the request may have been sent, or the answer did not arrive whole. */
  | 'reset'
  /** The connection was never made. */
  | 'unreachable'
  /** A 5xx without Retry-After. */
  | 'server-error'
  /** An answer that is no token answer: a page of a proxy, a redirect, too large. */
  | 'malformed';

/** At least one of the two tokens is present. A successor is kept even when the rest of the answer is unusable. */
export interface ReceivedTokens {
  readonly accessToken?: ReceivedAccessToken;
  readonly refreshToken?: Secret;
  readonly subject?: string;
  /** Verified claims of the ID token (code exchange with `openid` only). */
  readonly idTokenClaims?: Readonly<Record<string, string | boolean>>;
  /** Readable hints; never security. Epoch milliseconds. */
  readonly hints: TokenHints;
  /** What was unusual about the answer, as stable words for the log. */
  readonly anomalies: readonly string[];
}

export interface ReceivedAccessToken {
  readonly token: Secret;
  readonly expiresInSeconds: number;
  /** From the answer's `scope` or the token's claim; absent when unreadable. */
  readonly scopes?: readonly string[];
}

export interface TokenHints {
  /** The `rtea` claim of the access token. */
  readonly rteaMs?: number;
  /** `created_at` + `expires_in` of the refresh token itself. */
  readonly refreshTokenExpiresAtMs?: number;
}

export type RevokeAnswer =
  | { readonly kind: 'revoked' }
  /** 400 without an error, or with one that concerns the token: it is already revoked or unknown. Nothing more to do. */
  | { readonly kind: 'already-gone' }
  | { readonly kind: 'misconfigured'; readonly error: string }
  /** `error`: the code with which IMS refused the request itself. */
  | { readonly kind: 'retry'; readonly retryAfterMs?: number; readonly error?: string };

/** The client secrets as they are stored. */
export interface StoredClientSecrets extends ClientSecrets {
  /** Changes with every write of the secret, and does not depend on its value. */
  readonly versionId: string;
}

export interface SecretReading {
  /** Skips the memory. */
  readonly fresh?: boolean;
  /** Skips the memory, but only a few times within seconds, because every request may ask for it. */
  readonly recheck?: boolean;
}

/** The client secret, kept in memory for a short while. Throws `PlatformError` `SECRET_UNAVAILABLE` or `ACCESS_DENIED`. */
export interface ClientSecretSource {
  /** `not-configured` while the operator has not filled it in. */
  read(options?: SecretReading): Promise<StoredClientSecrets | 'not-configured'>;
}

/** Adobe's authorization endpoint, as the browser uses it (RFC 6749 §4.1.1, §4.1.2; RFC 7636). No network is involved. */
export interface AuthorizationEndpoint {
  createPkce(): { readonly verifier: Secret; readonly challenge: string };
  /** The URL the browser is sent to. */
  urlFor(request: AuthorizationRequestParameters): string;
  /** Verifies what came back: `state` first, then `iss`, and only then `error`. */
  readResponse(parameters: URLSearchParams, expectedState: string): AuthorizationResponse;
}

export interface AuthorizationRequestParameters {
  readonly scopes: readonly string[];
  readonly state: string;
  /** Required with the scope `openid`. */
  readonly nonce?: string;
  readonly codeChallenge: string;
}

export type AuthorizationResponse =
  | { readonly kind: 'code'; readonly code: Secret }
  | { readonly kind: 'error'; readonly error: string; readonly description?: string }
  /** Not an answer to the vault's request: it must change nothing. */
  | { readonly kind: 'invalid'; readonly reason: string };

/** Reads the claims of a refresh token. A token that cannot be read has none. */
export type ReadRefreshTokenClaims = (token: Secret) => RefreshTokenClaims;

/** Unverified: hints that catch mistakes, never security. */
export interface RefreshTokenClaims {
  readonly type?: string;
  readonly clientId?: string;
  readonly subject?: string;
  readonly scopes?: readonly string[];
  /** `created_at` + `expires_in`, epoch milliseconds. */
  readonly expiresAtMs?: number;
}
