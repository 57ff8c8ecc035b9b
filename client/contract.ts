/** The HTTP contract between the vault and the Lambdas that use it. Times on the wire are ISO 8601. */

/** What a connection id may be: the app's own opaque key for one of its users, or `adobe-…` for a plain sign-in. */
export const CONNECTION_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

const LOOPBACK_HOSTS = new Set(['127.0.0.1', 'localhost', '[::1]']);

export function isLoopback(url: URL): boolean {
  return LOOPBACK_HOSTS.has(url.hostname);
}

/** Tokens and signed requests travel over https, or over http on a loopback host. */
export function isSecureUrl(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
}

/** `GET /access-tokens/{connectionId}?min_ttl=300&scopes=…` */
export interface AccessTokenResponse {
  readonly accessToken: string;
  readonly tokenType: 'Bearer';
  readonly expiresAt: string;
  readonly expiresInSeconds: number;
  readonly scopes: readonly string[];
  readonly connectionId: string;
}

/** `DELETE /access-tokens/{connectionId}`: ends what the vault has cached, of every scope set. The grant lives on. */
export interface RevokeAccessTokensResponse {
  readonly connectionId: string;
  /** Number of cached tokens that are no longer vended; the next vend refreshes. */
  readonly invalidated: number;
  /** Adobe confirmed that they have ended. `false`: they stay valid at Adobe until they expire. */
  readonly revokedAtAdobe: boolean;
  /** Adobe did not answer and is asked again. */
  readonly pending: boolean;
}

/** Header: first 16 hex digits of the SHA-256 of an access token that an Adobe API refused. */
export const REJECTED_TOKEN_HEADER = 'x-rejected-token';

/** `POST /connections/{connectionId}/consents` */
export interface OpenConsentRequest {
  readonly returnTo: string;
  readonly scopes?: readonly string[];
  readonly appState?: string;
  readonly replace?: boolean;
}
export interface OpenConsentResponse {
  readonly authorizeUrl: string;
  readonly expiresAt: string;
}

/** `POST /connections/{connectionId}/consents/redeem` */
export interface RedeemConsentRequest {
  readonly connectionCode: string;
}
/** `POST /sign-ins/redeem` */
export interface RedeemSignInRequest {
  readonly connectionCode: string;
  /** From the browser session that began the sign-in, never from the URL the browser came back with. */
  readonly appState: string;
}
/** The answer to either. */
export interface RedeemResponse {
  readonly connectionId: string;
  /** Absent when Adobe did not say who the user is (a consent session without `openid`). */
  readonly sub?: string;
  readonly scopes: readonly string[];
  readonly renewable: boolean;
  readonly keptPrevious: boolean;
  readonly claims?: Readonly<Record<string, string | boolean>>;
}

/** `GET /connections/{connectionId}` */
export interface ConnectionStatusResponse {
  readonly connectionId: string;
  readonly state: string;
  readonly sub?: string;
  /** Only where the setting `storeProfile` is on, as the last consent told it. */
  readonly name?: string;
  readonly email?: string;
  readonly scopes: readonly string[];
  readonly renewable: boolean;
  readonly sliding: 'yes' | 'no' | 'unknown';
  readonly degraded?: string;
  readonly userActionUrl?: string;
  readonly connectedAt: string;
  readonly rotatedAt?: string;
  readonly nextRotationAt?: string;
  readonly refreshExpiresAt?: string;
  /** A later end that Adobe's tokens state. The vault does not rely on it. */
  readonly statedExpiresAt?: string;
}

/** `GET /connections?state=…&at_risk_within=72h&limit=100&cursor=…`, for operators. Follow `nextCursor` until it is absent. */
export interface ConnectionListResponse {
  readonly connections: readonly ListedConnectionResponse[];
  readonly nextCursor?: string;
}
export interface ListedConnectionResponse {
  readonly connectionId: string;
  readonly state: string;
  readonly sliding: 'yes' | 'no' | 'unknown';
  readonly degraded?: string;
  readonly refreshExpiresAt?: string;
}

/** `DELETE /connections/{connectionId}`: 202. */
export interface DisconnectResponse {
  readonly connectionId: string;
  readonly state: 'disconnecting' | 'disconnected';
}

/** `POST /connections/{connectionId}/rotations`, for operators: 200, or 202 while it is still running. Never a token. */
export interface RotationResponse {
  readonly connectionId: string;
  /** `rotated`, `busy`, `waiting`, `suspect`, `still-running`, … */
  readonly outcome: string;
  /** Why it waits, or what is wrong. */
  readonly reason?: string;
  readonly userActionUrl?: string;
  readonly retryAfterSeconds?: number;
}

/** `POST /subjects/erase`, for operators: 202. */
export interface EraseSubjectRequest {
  /** Adobe's `sub`, exactly as it was told: it is case-sensitive. */
  readonly sub: string;
}
export interface EraseSubjectResponse {
  /** So many connections of this person are unusable now; what is stored of them ends once Adobe has revoked their tokens. */
  readonly connections: number;
  /**
   * The number of connections whose owner the vault does not know, because they were imported without a `sub`. Any of them may
   * be this person's: disconnect those by their ids.
   */
  readonly unknownOwners: number;
  /** From this moment on no consent from before can bring a connection any more: erase once more then, and find 0. */
  readonly repeatAfter: string;
}

/**
 * `POST /imports?dry_run=true&replace=true`, for operators: refresh tokens that another system holds, as JSON lines
 * (`application/x-ndjson`), at most `MAX_IMPORT_LINES` of these in one request. Empty lines are left out.
 */
export interface ImportLineRequest {
  readonly connectionId: string;
  readonly refreshToken: string;
  /** The credential that the other system believes the token belongs to; another than the vault's is refused. */
  readonly clientId?: string;
  /** Adobe's `sub`. Absent: what the token says of itself, if it can be read. */
  readonly sub?: string;
  readonly scopes?: readonly string[];
  /** When the token ends, if the other system knows: RFC 3339 with an offset. */
  readonly refreshExpiresAt?: string;
}

export const MAX_IMPORT_LINES = 100;

/** 200, whatever became of the lines. */
export interface ImportResponse {
  /** Nothing was written: `imported` and `replaced` say what would have been. */
  readonly dryRun: boolean;
  readonly totals: Readonly<Record<ImportLineResult, number>>;
  /** One for each line that is not empty, in their order. */
  readonly results: readonly ImportLineResponse[];
}

/** `unavailable`: not known, send the line again. Sending any line again is safe. */
export type ImportLineResult = 'imported' | 'replaced' | 'exists' | 'invalid' | 'unavailable';

export interface ImportLineResponse {
  /** Counted from 1 in the body, empty lines included. */
  readonly line: number;
  /** Absent when the line names no connection id. */
  readonly connectionId?: string;
  readonly result: ImportLineResult;
  /** Why, for `exists` and `invalid`. */
  readonly reason?: ImportReason;
  /** A sentence on the form of the line; it never repeats a value. */
  readonly detail?: string;
  /** For `imported` and `replaced`: what is believed of the token's end. */
  readonly refreshExpiresAt?: string;
}

export type ImportReason =
  /** `exists`: this very token was imported before, whatever became of it since. */
  | 'same_token'
  /** `exists`: the user disconnected within the last seven days; not even `replace` undoes that. */
  | 'disconnected'
  /** `exists`: `replace` would take its place. */
  | 'in_use'
  /** `invalid`: */
  | 'line_not_json'
  | 'line_too_long'
  | 'member_invalid'
  | 'connection_id_repeated'
  | 'connection_id_reserved'
  | 'refresh_token_repeated'
  | 'not_a_refresh_token'
  | 'other_client'
  | 'other_subject'
  | 'expired';

/** RFC 9457 problem details with a stable `code`. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail?: string;
  readonly [extension: string]: unknown;
}

export type ProblemCode =
  | 'invalid_request'
  | 'connection_not_found'
  | 'reauthorization_required'
  | 'user_action_required'
  | 'not_renewable'
  | 'code_not_valid'
  | 'consent_superseded'
  | 'connection_id_reserved'
  | 'not_found'
  | 'method_not_allowed'
  | 'not_configured'
  | 'temporarily_unavailable';
