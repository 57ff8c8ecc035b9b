import { setTimeout as sleep } from 'node:timers/promises';
import { type AccessToken, tokenDigest } from './access-token.ts';
import { ADOBE_API_HOSTS, createHostFence } from './allowed-hosts.ts';
import { authorizedFetch } from './authorized-fetch.ts';
import { vaultAddress } from './client-environment.ts';
import { createSharedFlights } from './shared-flights.ts';
import { type AwsCredentials, createSignGet } from './sign-request.ts';
import { createTokenCache } from './token-cache.ts';
import type { TokenRequest } from './token-source.ts';
import {
  type AnyVaultError,
  ConnectionNotFoundError,
  InvalidRequestError,
  isVaultError,
  ReauthorizationRequiredError,
} from './vault-error.ts';
import { createVaultHttpSource } from './vault-http-source.ts';

/** Access tokens of Adobe users for a Lambda (or anything else with AWS credentials) that the vault permits. */
export interface TokenClient {
  /** A live access token of the connection. Throws `VaultError`, or the reason of `signal`. */
  getAccessToken(connectionId: string, options?: AccessTokenOptions): Promise<AccessToken>;
  /** Access tokens of many connections; one that fails does not fail the others. */
  getAccessTokens(
    connectionIds: Iterable<string>,
    options?: Omit<AccessTokenOptions, 'rejected'>,
  ): Promise<ReadonlyMap<string, AccessTokenResult>>;
  /**
   * As the global `fetch`, with the connection's access token, for `allowedHosts` only. A token that Adobe refuses (401, or
   * Lightroom's 403 with code 4300) is reported to the vault and the request sent once more.
   */
  fetch(
    connectionId: string,
    url: string | URL,
    init?: RequestInit,
    options?: Pick<AccessTokenOptions, 'minTtlSeconds' | 'scopes'>,
  ): Promise<Response>;
}

export interface AccessTokenOptions {
  /** The least remaining life; at most half of a token's whole life. Default: 300, less for short-lived tokens. */
  readonly minTtlSeconds?: number;
  /** One of the narrower scope sets the vault is set up to vend; default: everything granted. */
  readonly scopes?: readonly string[];
  /** The access token an Adobe API refused: the vault gives another one. */
  readonly rejected?: string;
  readonly signal?: AbortSignal;
}

export type AccessTokenResult =
  | { readonly token: AccessToken; readonly error?: never }
  | { readonly error: AnyVaultError; readonly token?: never };

export interface TokenClientOptions {
  /** Default: the environment's `ADOBE_TOKEN_VAULT_URL`. */
  readonly url?: string | URL;
  /** Default: as in an `execute-api` URL, else the environment's `AWS_REGION`. */
  readonly region?: string;
  /** Default: the AWS SDK's own chain. */
  readonly credentials?: AwsCredentials | (() => Promise<AwsCredentials>);
  /** Hosts `fetch` may send a token to, instead of `ADOBE_API_HOSTS`. */
  readonly allowedHosts?: readonly string[];
  /** How long a token is used without asking the vault again, so that a disconnect is noticed. Default: 300. */
  readonly maxCacheSeconds?: number;
  /** Default: 1,000 connections. */
  readonly maxCacheEntries?: number;
  readonly fetch?: typeof fetch;
  readonly nowMs?: () => number;
  readonly random?: () => number;
}

const CONNECTION_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const PARALLEL_REQUESTS = 10;

/** @throws {ClientSettingsError} when the vault's address or an allowed host is missing or malformed */
export function createTokenClient(options: TokenClientOptions = {}): TokenClient {
  const { nowMs = Date.now, random = Math.random, fetch = globalThis.fetch } = options;
  const { url, region } = vaultAddress(options);
  const signGet = createSignGet({ region, credentials: options.credentials, nowMs });
  const source = createVaultHttpSource({
    url,
    signGet,
    fetch,
    nowMs,
    sleep: (durationMs, signal) => sleep(durationMs, undefined, { signal }),
  });
  const fence = createHostFence(options.allowedHosts ?? ADOBE_API_HOSTS);
  const { maxCacheSeconds = 300, maxCacheEntries = 1000 } = options;
  const cache = createTokenCache({
    maxEntries: maxCacheEntries,
    maxAgeMs: maxCacheSeconds * 1000,
    nowMs,
    random,
  });
  const flights = createSharedFlights<AccessToken>();

  const obtain = async (key: string, request: TokenRequest, signal: AbortSignal): Promise<AccessToken> => {
    try {
      const token = await source.obtain(request, signal);
      cache.put(key, token);
      return token;
    } catch (error) {
      if (error instanceof ConnectionNotFoundError || error instanceof ReauthorizationRequiredError) {
        cache.drop(key);
      }
      throw error;
    }
  };

  const getAccessToken: TokenClient['getAccessToken'] = async (connectionId, wanted = {}) => {
    const request = tokenRequest(connectionId, wanted);
    const key = JSON.stringify([connectionId, request.scopeSet]);
    const cached = cache.take(key, wanted.minTtlSeconds ?? 0, request.rejectedDigest);
    if (cached !== undefined) return cached;
    return flights(JSON.stringify(request), (signal) => obtain(key, request, signal), wanted.signal);
  };

  return {
    getAccessToken,
    getAccessTokens: (connectionIds, wanted) => getMany(getAccessToken, connectionIds, wanted),
    fetch: async (connectionId, target, init = {}, wanted = {}) => {
      const accessToken = (signal: AbortSignal | undefined, rejected?: string) =>
        getAccessToken(connectionId, { ...wanted, ...(signal && { signal }), ...(rejected && { rejected }) });
      return authorizedFetch({ fetch, fence, accessToken }, new URL(target), init);
    },
  };
}

function tokenRequest(
  connectionId: string,
  { minTtlSeconds, scopes, rejected }: AccessTokenOptions,
): TokenRequest {
  if (typeof connectionId !== 'string' || !CONNECTION_ID.test(connectionId))
    throw new InvalidRequestError('This is not a connection id.');
  if (minTtlSeconds !== undefined && !(Number.isSafeInteger(minTtlSeconds) && minTtlSeconds >= 0)) {
    throw new InvalidRequestError('minTtlSeconds must be a whole number of seconds.');
  }
  return {
    connectionId,
    ...(scopes !== undefined && { scopeSet: [...new Set(scopes)].sort().join(' ') }),
    ...(minTtlSeconds !== undefined && { minTtlSeconds }),
    ...(rejected !== undefined && { rejectedDigest: tokenDigest(rejected) }),
  };
}

async function getMany(
  getAccessToken: TokenClient['getAccessToken'],
  connectionIds: Iterable<string>,
  wanted: AccessTokenOptions = {},
): Promise<ReadonlyMap<string, AccessTokenResult>> {
  const results = new Map<string, AccessTokenResult>();
  const left = new Set(connectionIds).values();
  const work = async (): Promise<void> => {
    // One iterator for all workers: each takes the next id that nobody has taken.
    for (const connectionId of left) {
      results.set(connectionId, await settled(getAccessToken(connectionId, wanted)));
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_REQUESTS }, work));
  return results;
}

async function settled(pending: Promise<AccessToken>): Promise<AccessTokenResult> {
  try {
    return { token: await pending };
  } catch (error) {
    if (isVaultError(error)) return { error };
    throw error;
  }
}
