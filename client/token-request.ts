import { type AccessToken, accessTokenDigest } from './access-token.ts';
import { CONNECTION_ID } from './contract.ts';
import { InvalidRequestError } from './vault-error.ts';

export interface AccessTokenOptions {
  /** The least remaining life; at most half of a token's whole life. Default: 300, less for short-lived tokens. */
  readonly minTtlSeconds?: number;
  /** One of the narrower scope sets the vault is set up to vend; default: everything granted. */
  readonly scopes?: readonly string[];
  /** The access token an Adobe API refused: the vault gives another one. */
  readonly rejected?: string;
  readonly signal?: AbortSignal;
}

export function assertConnectionId(connectionId: unknown): asserts connectionId is string {
  if (typeof connectionId === 'string' && CONNECTION_ID.test(connectionId)) return;
  throw new InvalidRequestError('This is not a connection id.');
}

/** Throws `InvalidRequestError`. */
export function tokenRequest(connectionId: string, options: AccessTokenOptions | undefined): TokenRequest {
  assertConnectionId(connectionId);
  // Nearly every call, and no more than a few hundred nanoseconds in all.
  if (options === undefined) return { connectionId };
  const { minTtlSeconds, scopes, rejected } = options;
  if (minTtlSeconds !== undefined && !(Number.isSafeInteger(minTtlSeconds) && minTtlSeconds >= 0)) {
    throw new InvalidRequestError('minTtlSeconds must be a whole number of seconds.');
  }
  if (scopes !== undefined && (scopes.length === 0 || scopes.some((scope) => !/^[^\s,]+$/.test(scope)))) {
    throw new InvalidRequestError('scopes must name at least one scope, each without spaces or commas.');
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
  /** Names a token that an Adobe API refused. */
  readonly rejectedDigest?: string;
}
