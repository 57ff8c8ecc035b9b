/*
 * The HTTP contract between the vault and the applications that use it (docs/openapi.yaml). Times on the wire are ISO 8601.
 */

/** What a connection id may be: the app's own opaque key for one of its users, or `adobe-…` for a plain sign-in. */
export const CONNECTION_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

const LOOPBACK_HOSTS = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Whether the URL names this machine. */
export function isLoopback(url: URL): boolean {
  return LOOPBACK_HOSTS.has(url.hostname);
}

/** Tokens and signed requests travel over https, or over http on a loopback host. */
export function isSecureUrl(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
}

/** The answer to `GET /access-tokens/{connectionId}?min_ttl=300&scopes=…`. */
export interface AccessTokenResponse {
  /** The token itself. Never log it. */
  readonly accessToken: string;
  /** How to send the token (RFC 6750 §2.1). */
  readonly tokenType: 'Bearer';
  /** When the token expires, by the vault's clock. */
  readonly expiresAt: string;
  /** Seconds until then, counted from the moment of the answer. */
  readonly expiresInSeconds: number;
  /** What the token allows. */
  readonly scopes: readonly string[];
  /** The connection that the token belongs to. */
  readonly connectionId: string;
}

/** The answer to `DELETE /access-tokens/{connectionId}`, which invalidates the cached tokens of every scope set. The grant stays. */
export interface RevokeAccessTokensResponse {
  /** The connection whose tokens were invalidated. */
  readonly connectionId: string;
  /** Number of cached tokens invalidated. The next request refreshes. */
  readonly invalidated: number;
  /** Adobe confirmed that the tokens are revoked. `false`: they stay valid at Adobe until they expire. */
  readonly revokedAtAdobe: boolean;
  /** Adobe did not answer. The vault tries again. */
  readonly pending: boolean;
}

/** Request header: the first 16 hex digits of the SHA-256 of an access token that an Adobe API rejected. */
export const REJECTED_TOKEN_HEADER = 'x-rejected-token';

/** The body of `POST /connections/{connectionId}/consents`. */
export interface OpenConsentRequest {
  /** Where the browser returns to: exactly one of the return URLs in the vault's settings. */
  readonly returnTo: string;
  /**
   * What to ask the user for. `openid` is always included.
   * @default the scopes in the vault's settings
   */
  readonly scopes?: readonly string[];
  /** Opaque text that the browser brings back, such as the hash of a session id. At most 256 characters. */
  readonly appState?: string;
  /**
   * Replaces a live connection even if the new consent allows less: fewer scopes, or no refresh token. Otherwise the vault
   * keeps the live connection, and says so with `keptPrevious`.
   * @default false
   */
  readonly replace?: boolean;
}

/** The answer to `POST /connections/{connectionId}/consents`. */
export interface OpenConsentResponse {
  /** Where to send the user's browser. Usable once. */
  readonly authorizeUrl: string;
  /** When the URL expires. */
  readonly expiresAt: string;
}

/** The body of `POST /connections/{connectionId}/consents/redeem`. */
export interface RedeemConsentRequest {
  /** The one-time code from the URL that the browser came back with. */
  readonly connectionCode: string;
}

/** The body of `POST /sign-ins/redeem`. */
export interface RedeemSignInRequest {
  /** The one-time code from the URL that the browser came back with. */
  readonly connectionCode: string;
  /** From the browser session that started the sign-in, never from the URL that the browser came back with. */
  readonly appState: string;
}

/** The answer to `POST /connections/{connectionId}/consents/redeem` and to `POST /sign-ins/redeem`. */
export interface RedeemResponse {
  /** The connection that is active now. */
  readonly connectionId: string;
  /** Adobe's id of the user. Absent only when the vault kept an imported connection whose user it does not know. */
  readonly sub?: string;
  /** What the user granted. */
  readonly scopes: readonly string[];
  /**
   * Whether the vault holds a refresh token, and so renews access tokens. `false` when the consent came without
   * `offline_access`: the user has to consent again when the access token expires.
   */
  readonly renewable: boolean;
  /**
   * The new consent allows less than the live connection of the same user, so the vault kept that one. Pass `replace` to
   * replace it anyway.
   */
  readonly keptPrevious: boolean;
  /** Claims of Adobe's ID token. Absent when the vault kept a connection that may belong to another person. */
  readonly claims?: Readonly<Record<string, string | boolean>>;
}

/** What the vault does with a connection. docs/architecture.md describes each state. */
export type ConnectionState =
  | 'active'
  | 'suspect'
  | 'needs-user-action'
  | 'needs-reauthorization'
  | 'disconnecting'
  | 'disconnected';

/** The `detail-type` of an event on EventBridge (docs/events.md). */
export type ConnectionEventType =
  | 'Connected'
  | 'Degraded'
  | 'Recovered'
  | 'Expiring Soon'
  | 'Reauthorization Required'
  | 'User Action Required'
  | 'Disconnected';

/** The answer to `GET /connections/{connectionId}`. */
export interface ConnectionStatusResponse {
  /** The id that was asked for. */
  readonly connectionId: string;
  /** `active` where nothing is wrong. */
  readonly state: ConnectionState;
  /** Adobe's id of the user, if known. */
  readonly sub?: string;
  /** The user's name at the last consent. Present only with the setting `storeProfile`. */
  readonly name?: string;
  /** The user's e-mail address at the last consent. Present only with the setting `storeProfile`. */
  readonly email?: string;
  /** What the user granted. */
  readonly scopes: readonly string[];
  /** Whether the vault holds a refresh token, and so renews access tokens. */
  readonly renewable: boolean;
  /**
   * Whether each rotation extends the life of the grant. `yes`: the connection lives as long as it is rotated. `no`: the grant
   * expires at a fixed time, and the user has to consent again. `unknown` until the first rotation shows it.
   */
  readonly sliding: 'yes' | 'no' | 'unknown';
  /**
   * A fault of the vault or of its credential, not of the user: `seal_broken`, `unexpected_answer`, or the error with which
   * Adobe refused the credential. An operator has to fix it.
   */
  readonly degraded?: string;
  /** Where the user can do what Adobe requires. An https URL on an Adobe host. */
  readonly userActionUrl?: string;
  /** When the user last gave consent. */
  readonly connectedAt: string;
  /** When the refresh token was last rotated. */
  readonly rotatedAt?: string;
  /** When the next rotation is planned. */
  readonly nextRotationAt?: string;
  /** When the grant expires unless it is rotated. */
  readonly refreshExpiresAt?: string;
  /** A later expiry that Adobe's tokens state. The vault does not rely on it. */
  readonly statedExpiresAt?: string;
  /**
   * What the last tries brought instead of tokens: Adobe's error code, how the answer was lost, or `not-posted` where a key or
   * the client secret was missing. Absent after a success.
   */
  readonly lastError?: string;
  /** When the first of these tries failed. */
  readonly failingSince?: string;
  /** The number of these tries, where the vault counts them. */
  readonly failedTries?: number;
  /** When the vault tries the refresh token next. */
  readonly nextTryAt?: string;
  /** An open breaker set the time of the next try. */
  readonly heldByBreaker?: boolean;
  /** When the rotation was due, if that was more than an hour ago and it has not succeeded since. */
  readonly lateSince?: string;
  /** Why the connection gives no new access token unless its user or an operator acts. */
  readonly noNewTokens?: NoNewTokensReason;
}

/** Why a connection gives no new access token unless its user or an operator acts. */
export type NoNewTokensReason =
  /** The consent came without `offline_access`. */
  | 'not_renewable'
  /** Adobe refuses the grant, repeatedly. */
  | 'reauthorization_required'
  /** The grant has expired, as far as the vault knows. The vault keeps trying for two weeks. */
  | 'expired'
  /** No key opens the stored refresh token. */
  | 'seal_broken'
  /** Disconnected, or about to be. */
  | 'disconnected';

/** The answer to `GET /connections?state=…&at_risk_within=72h&limit=100&cursor=…`, for operators. */
export interface ConnectionListResponse {
  /** One page. It may be empty although more pages follow. */
  readonly connections: readonly ListedConnectionResponse[];
  /** Pass it as `cursor` to read the next page. Absent at the end. */
  readonly nextCursor?: string;
}

/** What a list shows of a connection. */
export interface ListedConnectionResponse {
  /** The id of the connection. */
  readonly connectionId: string;
  /** As in `ConnectionStatusResponse`. */
  readonly state: ConnectionState;
  /** As in `ConnectionStatusResponse`. */
  readonly sliding: 'yes' | 'no' | 'unknown';
  /** As in `ConnectionStatusResponse`. Present only if all connections are listed. */
  readonly degraded?: string;
  /** When the grant expires unless it is rotated. */
  readonly refreshExpiresAt?: string;
  /** As in `ConnectionStatusResponse`. Present only if all connections are listed. */
  readonly lateSince?: string;
  /** As in `ConnectionStatusResponse`. */
  readonly noNewTokens?: NoNewTokensReason;
}

/** The answer to `DELETE /connections/{connectionId}`: 202. */
export interface DisconnectResponse {
  /** The connection. It no longer vends tokens. */
  readonly connectionId: string;
  /** `disconnecting` until Adobe has revoked the tokens. */
  readonly state: 'disconnecting' | 'disconnected';
}

/** What became of a rotation that an operator asked for. */
export type ForcedRotationOutcome =
  | 'rotated'
  | 'recovered'
  | 'superseded'
  | 'busy'
  | 'waiting'
  | 'still-running'
  | 'unknown'
  | 'suspect'
  | 'degraded'
  | 'parked'
  | 'idle'
  | 'reauthorization-required'
  | 'user-action-required'
  | 'not-renewable'
  | 'not-found'
  | 'disconnecting'
  | 'disconnected';

/** The answer to `POST /connections/{connectionId}/rotations`, for operators: 200, or 202 while the run continues. Never a token. */
export interface RotationResponse {
  /** The connection that was rotated. */
  readonly connectionId: string;
  /** What became of it. */
  readonly outcome: ForcedRotationOutcome;
  /** Why the rotation waits, or what is wrong. */
  readonly reason?: string;
  /** Where the user can do what Adobe requires. */
  readonly userActionUrl?: string;
  /** When to try again. */
  readonly retryAfterSeconds?: number;
}

/** The body of `POST /subjects/erase`, for operators. */
export interface EraseSubjectRequest {
  /** Adobe's `sub`, exactly as Adobe wrote it. It is case-sensitive. */
  readonly sub: string;
}

/** The answer to `POST /subjects/erase`: 202. */
export interface EraseSubjectResponse {
  /**
   * The number of connections of this person that are unusable now. The vault deletes what it stores of them once Adobe has
   * revoked their tokens.
   */
  readonly connections: number;
  /**
   * The number of connections whose owner the vault does not know, because they were imported without a `sub`. Any of them may
   * belong to this person: disconnect those by their ids.
   */
  readonly unknownOwners: number;
  /** From this time on, no earlier consent can create a connection. Erase again then, and expect 0 connections. */
  readonly repeatAfter: string;
}

/**
 * A line of `POST /imports?dry_run=true&replace=true`, for operators: refresh tokens that another system holds, as JSON lines
 * (`application/x-ndjson`), at most `MAX_IMPORT_LINES` in one request. Empty lines are ignored.
 */
export interface ImportLineRequest {
  /** The id that the connection gets in the vault. */
  readonly connectionId: string;
  /** The refresh token itself. Never log it. */
  readonly refreshToken: string;
  /** The client id that the token belongs to. One other than the vault's is refused. */
  readonly clientId?: string;
  /**
   * Adobe's `sub`.
   * @default the token's own claim, if it can be read
   */
  readonly sub?: string;
  /**
   * What the user granted.
   * @default the token's own claim, else the scopes in the vault's settings
   */
  readonly scopes?: readonly string[];
  /** When the token expires, if the other system knows: RFC 3339 with an offset. */
  readonly refreshExpiresAt?: string;
}

/** The vault refuses a request with more lines. */
export const MAX_IMPORT_LINES = 100;

/** The answer to `POST /imports`: 200, whatever the results of the lines. */
export interface ImportResponse {
  /** Nothing was written: `imported` and `replaced` say what would have been. */
  readonly dryRun: boolean;
  /** The number of lines with each result. */
  readonly totals: Readonly<Record<ImportLineResult, number>>;
  /** One for each line that is not empty, in their order. */
  readonly results: readonly ImportLineResponse[];
}

/** The result of a line. `unavailable`: not known; send the line again. Sending any line again is safe. */
export type ImportLineResult = 'imported' | 'replaced' | 'exists' | 'invalid' | 'unavailable';

/** What became of one line. */
export interface ImportLineResponse {
  /** Counted from 1 in the body, empty lines included. */
  readonly line: number;
  /** Absent when the line names no connection id. */
  readonly connectionId?: string;
  /** What the vault did with the line. */
  readonly result: ImportLineResult;
  /** Why, for `exists` and `invalid`. */
  readonly reason?: ImportReason;
  /** What is wrong with the form of the line. It never repeats a value. */
  readonly detail?: string;
  /** For `imported` and `replaced`: when the vault expects the token to expire. */
  readonly refreshExpiresAt?: string;
}

/** Why a line was not imported. */
export type ImportReason =
  /** `exists`: this token was imported earlier. */
  | 'same_token'
  /** `exists`: the user disconnected within the last seven days. `replace` does not undo that. */
  | 'disconnected'
  /** `exists`: the vault holds a live connection under this id. `replace` replaces it. */
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

/**
 * Problem details with a stable `code`.
 * @see https://www.rfc-editor.org/rfc/rfc9457#section-3
 */
export interface ProblemDocument {
  /** A URN that ends in the code. */
  readonly type: string;
  /** One sentence that is the same for every problem of this code. */
  readonly title: string;
  /** The HTTP status. */
  readonly status: number;
  /** What to decide on. */
  readonly code: ProblemCode;
  /** What is wrong in this request. */
  readonly detail?: string;
  /** Further members that some codes have, such as `userActionUrl`. */
  readonly [extension: string]: unknown;
}

/** Why the vault refused a request. docs/openapi.yaml says which route answers which. */
export type ProblemCode =
  | 'invalid_request'
  | 'scopes_not_available'
  | 'scopes_not_granted'
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
