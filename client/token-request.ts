import { type AccessToken, accessTokenDigest } from './access-token.ts';
import { CONNECTION_ID } from './contract.ts';
import { InvalidRequestError } from './vault-error.ts';

/** What a caller requires of an access token. */
export interface AccessTokenOptions {
  /**
   * The least remaining life, at most half of a token's whole life.
   * @default 300, less for tokens that live for less than ten minutes
   */
  readonly minTtlSeconds?: number;
  /**
   * One of the narrower scope sets in the vault's settings.
   * @default everything the user granted
   */
  readonly scopes?: readonly string[];
  /**
   * An access token that an Adobe API rejected. The vault vends another one.
   * @default none
   */
  readonly rejected?: string;
  /**
   * Aborts the call. The call then throws the signal's reason.
   * @default only the client's own time limits
   */
  readonly signal?: AbortSignal;
}

export function assertConnectionId(connectionId: unknown): asserts connectionId is string {
  if (typeof connectionId === 'string' && CONNECTION_ID.test(connectionId)) return;
  throw new InvalidRequestError('This is not a connection id.');
}

/** Throws `InvalidRequestError`. */
export function tokenRequest(connectionId: string, options: AccessTokenOptions | undefined): TokenRequest {
  assertConnectionId(connectionId);
  // Nearly every call ends here, so it must cost little.
  if (options === undefined) return { connectionId };
  const { minTtlSeconds, scopes, rejected } = options;
  if (minTtlSeconds !== undefined && !(Number.isSafeInteger(minTtlSeconds) && minTtlSeconds >= 0)) {
    throw new InvalidRequestError('minTtlSeconds must be a whole number of seconds.');
  }
  if (scopes !== undefined && (scopes.length === 0 || scopes.some((scope) => !/^[^\s,]+$/.test(scope)))) {
    throw new InvalidRequestError('scopes must name at least one scope, each without spaces or commas.');
  }
  if (scopes?.includes('*')) {
    throw new InvalidRequestError('"*" is not a scope. Leave scopes out for everything the user granted.');
  }
  return {
    connectionId,
    ...(scopes !== undefined && { scopeSet: [...new Set(scopes)].sort().join(' ') }),
    ...(minTtlSeconds !== undefined && { minTtlSeconds }),
    ...(rejected !== undefined && { rejectedDigest: accessTokenDigest(rejected) }),
  };
}

/** Where access tokens come from when the client does not hold one. Throws `VaultError`. */
export interface TokenSource {
  obtain(request: TokenRequest, signal: AbortSignal): Promise<AccessToken>;
}

export interface TokenRequest {
  readonly connectionId: string;
  /** Sorted and space-delimited; absent = everything granted. */
  readonly scopeSet?: string;
  readonly minTtlSeconds?: number;
  /** Names a token that an Adobe API rejected. */
  readonly rejectedDigest?: string;
}
