/** Every way in which a call to the vault can fail. Switch on `code`. */
export type AnyVaultError =
  | InvalidRequestError
  | ScopesNotAvailableError
  | ScopesNotGrantedError
  | ConnectionNotFoundError
  | ReauthorizationRequiredError
  | UserActionRequiredError
  | NotRenewableError
  | CodeNotValidError
  | ConsentSupersededError
  | TemporarilyUnavailableError
  | AccessDeniedError
  | CredentialsUnavailableError
  | VaultUnreachableError
  | UnexpectedAnswerError
  | HostNotAllowedError
  | ClientSettingsError
  | ClientEnvironmentError;

/** The codes of all errors of the token client. They are stable. */
export type VaultErrorCode = AnyVaultError['code'];

/** An application that has the client twice, as an ES module and by `require`, has two classes of each error, and one mark. */
const MARK = Symbol.for('adobe-token-vault.VaultError');

/** Base of all errors of the token client. Neither message nor cause holds a token. */
export abstract class VaultError extends Error {
  /** A stable word for what happened. */
  abstract readonly code: string;
}

Object.defineProperty(VaultError.prototype, MARK, { value: true });

/**
 * Narrows an error to the union, so that `switch (error.code)` knows each error's own fields. Unlike `instanceof`, it also knows
 * the errors of another copy of the client.
 */
export function isVaultError(error: unknown): error is AnyVaultError {
  return typeof error === 'object' && error !== null && MARK in error;
}

/** The vault refuses the request as such: a malformed id, too long a `minTtlSeconds`. */
export class InvalidRequestError extends VaultError {
  override readonly name = 'InvalidRequestError';
  readonly code = 'invalid_request';
}

/** The vault does not vend the requested scopes as a set: they are not among `scopeSets` in its settings. */
export class ScopesNotAvailableError extends VaultError {
  override readonly name = 'ScopesNotAvailableError';
  readonly code = 'scopes_not_available';
  /**
   * The scope sets that the vault vends. Pass one of them as `scopes`, or leave `scopes` out for everything the user granted. It
   * may be empty.
   */
  readonly available: readonly (readonly string[])[];

  constructor(message: string, available: readonly (readonly string[])[]) {
    super(message);
    this.available = available;
  }
}

/** The vault vends the requested scopes, but the user has not granted all of them. */
export class ScopesNotGrantedError extends VaultError {
  override readonly name = 'ScopesNotGrantedError';
  readonly code = 'scopes_not_granted';
  /** The scopes that Adobe gave instead. `undefined` where Adobe refused them all. */
  readonly granted: readonly string[] | undefined;

  constructor(message: string, granted?: readonly string[]) {
    super(message);
    this.granted = granted;
  }
}

/** No such connection, or it is disconnected. */
export class ConnectionNotFoundError extends VaultError {
  override readonly name = 'ConnectionNotFoundError';
  readonly code = 'connection_not_found';
}

/** Adobe no longer accepts the user's consent: the user has to consent again. */
export class ReauthorizationRequiredError extends VaultError {
  override readonly name = 'ReauthorizationRequiredError';
  readonly code = 'reauthorization_required';
}

/** The user has to do something at Adobe first, such as accepting new terms. */
export class UserActionRequiredError extends VaultError {
  override readonly name = 'UserActionRequiredError';
  readonly code = 'user_action_required';
  /** Where the user can do it, if Adobe said so. */
  readonly userActionUrl: string | undefined;

  constructor(message: string, userActionUrl?: string) {
    super(message);
    this.userActionUrl = userActionUrl;
  }
}

/** The access token has expired, and the consent came without a refresh token (`offline_access`). */
export class NotRenewableError extends VaultError {
  override readonly name = 'NotRenewableError';
  readonly code = 'not_renewable';
}

/** The code that a browser came back with is unknown, used, expired, or another connection's. */
export class CodeNotValidError extends VaultError {
  override readonly name = 'CodeNotValidError';
  readonly code = 'code_not_valid';
}

/** A newer consent or a disconnect has taken the place of this consent. */
export class ConsentSupersededError extends VaultError {
  override readonly name = 'ConsentSupersededError';
  readonly code = 'consent_superseded';
}

/** The vault, Adobe, or AWS STS (for `roleArn`) cannot answer now. */
export class TemporarilyUnavailableError extends VaultError {
  override readonly name = 'TemporarilyUnavailableError';
  readonly code = 'temporarily_unavailable';
  /** When to try again, if the vault said so (RFC 9110 §10.2.3). */
  readonly retryAfterSeconds: number | undefined;
  /** Adobe refuses the grant, and the vault still checks whether that is final. Offer the user to sign in again. */
  readonly suspect: SuspectGrant | undefined;

  constructor(
    message: string,
    retryAfterSeconds?: number,
    { suspect, ...options }: ErrorOptions & { readonly suspect?: SuspectGrant } = {},
  ) {
    super(message, options);
    this.retryAfterSeconds = retryAfterSeconds;
    this.suspect = suspect;
  }
}

/** A grant that Adobe refuses. After up to 26 hours the vault calls it revoked: `ReauthorizationRequiredError` follows. */
export interface SuspectGrant {
  /** When Adobe refused it first: epoch milliseconds by the vault's clock. */
  readonly sinceMs: number;
  /** When the vault tries it next. */
  readonly nextTryAtMs: number;
}

/** IAM does not allow this caller to use this connection, or something on the way to the vault refused the request. */
export class AccessDeniedError extends VaultError {
  override readonly name = 'AccessDeniedError';
  readonly code = 'access_denied';
  /** What API Gateway said: one line, shortened, without anything that could be a secret. */
  readonly gatewayMessage: string | undefined;
  /** The tenant that the client acted for (`forTenant`). */
  readonly tenant: string | undefined;

  constructor(message: string, details: DenialDetails = {}) {
    const { gatewayMessage, tenant, ...options } = details;
    super(message, options);
    this.gatewayMessage = gatewayMessage;
    this.tenant = tenant;
  }
}

interface DenialDetails extends ErrorOptions {
  readonly gatewayMessage?: string;
  readonly tenant?: string;
}

/** This process has no AWS credentials, or may not assume the role of the vault. */
export class CredentialsUnavailableError extends VaultError {
  override readonly name = 'CredentialsUnavailableError';
  readonly code = 'credentials_unavailable';
}

/** No connection to the vault, or no answer in time. */
export class VaultUnreachableError extends VaultError {
  override readonly name = 'VaultUnreachableError';
  readonly code = 'vault_unreachable';
}

/** Something answered that is not a vault: most likely the URL is wrong. */
export class UnexpectedAnswerError extends VaultError {
  override readonly name = 'UnexpectedAnswerError';
  readonly code = 'unexpected_answer';
}

/** `fetch` was called with a URL whose host is not among `allowedHosts`. */
export class HostNotAllowedError extends VaultError {
  override readonly name = 'HostNotAllowedError';
  readonly code = 'host_not_allowed';
}

/** The client itself is set up wrongly. */
export class ClientSettingsError extends VaultError {
  override readonly name = 'ClientSettingsError';
  readonly code = 'client_settings';
}

/** The variables of a vault in the environment do not belong together, or some of them are missing. */
export class ClientEnvironmentError extends VaultError {
  override readonly name = 'ClientEnvironmentError';
  readonly code = 'client_environment';
  /** Names of the environment variables that disagree or are missing. */
  readonly variables: readonly string[];

  constructor(message: string, variables: readonly string[]) {
    super(message);
    this.variables = variables;
  }
}
