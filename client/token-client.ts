import { setTimeout as sleep } from 'node:timers/promises';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import type { AccessToken } from './access-token.ts';
import { ADOBE_API_HOSTS, authorizedFetch, createHostFence } from './authorized-fetch.ts';
import { createAssumedRole, createHeldCredentials } from './aws-credentials.ts';
import { createAwsJsonCall } from './aws-json-call.ts';
import { awsEndpoint, type DirectReadSettings, vaultAddress } from './client-environment.ts';
import { type ConnectionCalls, createConnectionCalls } from './connection-calls.ts';
import { createDirectSource } from './direct-source.ts';
import type { AccessTokenResult } from './obtain-tokens.ts';
import { createAccessTokens } from './obtain-tokens.ts';
import { type AwsCredentialSource, createSignRequest, type SignDeps } from './sign-request.ts';
import { createTokenCache } from './token-cache.ts';
import { type AccessTokenOptions, tokenRequest } from './token-request.ts';
import { createCallVault, createVaultSource } from './vault-http.ts';

/** Access tokens of Adobe users, for a Lambda or anything else whose AWS credentials the vault accepts. */
export interface TokenClient extends ConnectionCalls {
  /**
   * A live access token of the connection.
   * @throws {VaultError} see `AnyVaultError` for each case; or the reason of `signal`
   */
  getAccessToken(connectionId: string, options?: AccessTokenOptions): Promise<AccessToken>;
  /**
   * Access tokens of many connections. One that fails does not fail the others.
   * @throws the reason of `signal`
   */
  getAccessTokens(
    connectionIds: Iterable<string>,
    options?: Omit<AccessTokenOptions, 'rejected'>,
  ): Promise<ReadonlyMap<string, AccessTokenResult>>;
  /**
   * As the global `fetch`, with the connection's access token, for `allowedHosts` only. If Adobe rejects the token
   * (401, or Lightroom's 403 with code 4300), the client reports it to the vault and sends the request again with the
   * next one.
   *
   * @throws {HostNotAllowedError} when the URL is not on an allowed host
   * @throws {VaultError} as `getAccessToken` does
   */
  fetch(
    connectionId: string,
    url: string | URL,
    init?: RequestInit,
    options?: Pick<AccessTokenOptions, 'minTtlSeconds' | 'scopes'>,
  ): Promise<Response>;
}

/** Options of `createTokenClient`. A function that a grant has configured needs none. */
export interface TokenClientOptions {
  /**
   * Which vault, where the environment holds several: the name that the grant gave it (`vault.named('films')`).
   * @default the vault without a name
   */
  readonly vault?: string;
  /**
   * The URL of the vault's API.
   * @default the environment variable `ADOBE_TOKEN_VAULT_URL`
   */
  readonly url?: string | URL;
  /**
   * The AWS region of the vault.
   * @default the region in an `execute-api` URL, else `ADOBE_TOKEN_VAULT_REGION`, `AWS_REGION` or `AWS_DEFAULT_REGION`
   */
  readonly region?: string;
  /**
   * Credentials to sign with. If it is a function, it is called again five minutes before `expiration`; without an
   * `expiration`, never again.
   * @default the AWS SDK's own chain
   */
  readonly credentials?: AwsCredentialSource;
  /**
   * A role in the vault's account to assume.
   * @default the environment variable `ADOBE_TOKEN_VAULT_ROLE_ARN`, if set
   */
  readonly roleArn?: string;
  /**
   * Where to read sealed access tokens directly. `false`: always ask the vault over HTTPS.
   * @default what the grant put into the environment for the vault of this URL
   */
  readonly directRead?: DirectReadSettings | false;
  /**
   * Hosts to which `fetch` may send a token.
   * @default `ADOBE_API_HOSTS`
   */
  readonly allowedHosts?: readonly string[];
  /**
   * How long a token is used without asking the vault again. A disconnect is noticed within this time.
   * @default 300
   */
  readonly maxCacheSeconds?: number;
  /**
   * The most tokens to keep in memory.
   * @default 1000
   */
  readonly maxCacheEntries?: number;
  /**
   * Sends every request.
   * @default the global `fetch`
   */
  readonly fetch?: typeof fetch;
  /**
   * The current time, epoch milliseconds.
   * @default `Date.now`
   */
  readonly nowMs?: () => number;
  /**
   * A number in [0, 1).
   * @default `Math.random`
   */
  readonly random?: () => number;
}

type World = Required<Pick<TokenClientOptions, 'fetch' | 'nowMs' | 'random'>>;

/**
 * Creates a client of the vault. Create one outside the handler, so that its cache outlives an invocation.
 *
 * @example
 * const vault = createTokenClient();
 * const answer = await vault.fetch('acme.user-42', 'https://lr.adobe.io/v2/catalog', {
 *   headers: { 'x-api-key': clientId },
 * });
 *
 * @throws {ClientSettingsError} when the vault's address or an allowed host is missing or malformed
 * @throws {ClientEnvironmentError} when variables of the environment belong to different vaults, or some are missing
 */
export function createTokenClient(options: TokenClientOptions = {}): TokenClient {
  const world = {
    fetch: options.fetch ?? globalThis.fetch,
    nowMs: options.nowMs ?? Date.now,
    random: options.random ?? Math.random,
  };
  const { cache, callVault, direct } = createParts(options, world);
  const tokens = createAccessTokens({ cache, direct, vault: createVaultSource(callVault) });
  const fence = createHostFence(options.allowedHosts ?? ADOBE_API_HOSTS);

  const getAccessToken: TokenClient['getAccessToken'] = async (connectionId, requirement) =>
    tokens.get(tokenRequest(connectionId, requirement), requirement?.signal);

  return {
    getAccessToken,
    getAccessTokens: tokens.getMany,
    fetch: async (connectionId, target, init = {}, requirement = {}) => {
      const accessToken = (signal: AbortSignal | undefined, rejected?: string) =>
        getAccessToken(connectionId, {
          ...requirement,
          ...(signal && { signal }),
          ...(rejected && { rejected }),
        });
      return authorizedFetch({ fetch: world.fetch, fence, accessToken }, new URL(target), init);
    },
    ...createConnectionCalls(callVault, tokens.forget),
  };
}

function createParts(options: TokenClientOptions, { fetch, nowMs, random }: World) {
  const { url, region, directRead, roleArn } = vaultAddress(options);
  const own = ownCredentials(options.credentials, nowMs);
  const signerWith = (credentials: AwsCredentialSource) => (service: SignDeps['service']) =>
    createSignRequest({ service, region, credentials, nowMs });
  const assumed = () =>
    roleArn &&
    createAssumedRole({
      roleArn,
      endpoint: awsEndpoint('sts', region),
      sign: signerWith(own)('sts'),
      fetch,
      nowMs,
    });
  const signer = signerWith(assumed() || own);
  const jsonCall = (service: 'dynamodb' | 'kms', jsonVersion: '1.0' | '1.1') =>
    createAwsJsonCall({
      endpoint: awsEndpoint(service, region),
      jsonVersion,
      sign: signer(service),
      fetch,
      nowMs,
    });

  const pause = async (durationMs: number, signal: AbortSignal): Promise<void> => {
    await sleep(durationMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  };
  const { maxCacheSeconds = 300, maxCacheEntries = 1000 } = options;
  return {
    cache: createTokenCache({
      maxEntries: maxCacheEntries,
      maxAgeMs: maxCacheSeconds * 1000,
      nowMs,
      random,
    }),
    callVault: createCallVault({ url, sign: signer('execute-api'), fetch, nowMs, sleep: pause }),
    direct:
      directRead &&
      createDirectSource({
        ...directRead,
        dynamodb: jsonCall('dynamodb', '1.0'),
        kms: jsonCall('kms', '1.1'),
        nowMs,
        sleep: pause,
      }),
  };
}

/** The SDK's own chain already keeps what it has found. */
function ownCredentials(given: AwsCredentialSource | undefined, nowMs: () => number): AwsCredentialSource {
  if (given === undefined) return defaultProvider();
  return typeof given === 'function' ? createHeldCredentials(given, nowMs) : given;
}
