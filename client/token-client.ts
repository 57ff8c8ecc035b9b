import { setTimeout as sleep } from 'node:timers/promises';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import type { AccessToken } from './access-token.ts';
import { ADOBE_API_HOSTS, createHostFence } from './allowed-hosts.ts';
import { type AuthorizedFetchDeps, adobeHeaders, authorizedFetch } from './authorized-fetch.ts';
import { type AssumeRoleDeps, createAssumedRole, createHeldCredentials } from './aws-credentials.ts';
import { createAwsJsonCall } from './aws-json-call.ts';
import { awsEndpoint, type DirectReadSettings, isAnyVaultNamed, vaultAddress } from './client-environment.ts';
import { type ConnectionCalls, createConnectionCalls } from './connection-calls.ts';
import { createDirectSource, type DirectPause, type DirectSource } from './direct-source.ts';
import type { AccessTokenResult } from './obtain-tokens.ts';
import { createAccessTokens } from './obtain-tokens.ts';
import { type AwsCredentialSource, createSignRequest, type SignDeps } from './sign-request.ts';
import { assertTenantName, createTenants, fenceOf, NO_TENANT, namingTheFence } from './tenants.ts';
import { createTokenCache, type TokenCache } from './token-cache.ts';
import { type AccessTokenOptions, tokenRequest } from './token-request.ts';
import { ClientSettingsError } from './vault-error.ts';
import { type CallVault, createCallVault, createVaultSource, type VaultHttpDeps } from './vault-http.ts';

/** Access tokens of the connections that this client reaches, and what an app's backend does with them. */
export interface TenantClient extends Omit<ConnectionCalls, 'redeemSignIn'> {
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
   * After 429 or a status from 500 on, it waits as long as `Retry-After` says, or half a second and more, and sends GET, HEAD,
   * OPTIONS, PUT and DELETE again: at most three times in all, and with at most ten seconds of waiting. Otherwise, and for a
   * body that can be read only once, the answer is yours.
   *
   * It adds `x-api-key` with the client id, where the client knows it. A value that you set stays as it is.
   *
   * @param target a `Request` works too. Its body is sent only once, so `fetch` does not try again with it.
   * @throws {HostNotAllowedError} when the URL is not on an allowed host
   * @throws {VaultError} as `getAccessToken` does
   */
  fetch(
    connectionId: string,
    target: string | URL | Request,
    init?: RequestInit,
    options?: FetchOptions,
  ): Promise<Response>;
}

/** Options of `fetch`, in addition to those of the request. */
export interface FetchOptions extends Pick<AccessTokenOptions, 'minTtlSeconds' | 'scopes'> {
  /**
   * The Adobe organization to act for, such as `1234@AdobeOrg`. Sent as `x-gw-ims-org-id`, which Adobe's Experience Cloud
   * APIs require.
   * @default no header
   */
  readonly imsOrgId?: string;
}

/** Access tokens of Adobe users, for a Lambda or anything else whose AWS credentials the vault accepts. */
export interface TokenClient extends TenantClient, ConnectionCalls {
  /**
   * A client for one tenant, if the grant is `perTenant()`. IAM refuses it every connection of another tenant. It costs one
   * call to AWS STS for each tenant, hour and process. Take the name from the authenticated session, never from the
   * connection id: only then does a wrong id fail.
   *
   * @example
   * const files = await vault.forTenant(session.tenant).fetch(connectionId, 'https://lr.adobe.io/v2/catalog');
   *
   * @throws {InvalidRequestError} when it is not the name of a tenant
   * @throws {ClientSettingsError} when neither `tenantRoleArn` nor the environment names the role
   */
  forTenant(tenant: string): TenantClient;
}

/** Options of `createTokenClient`. A function that a grant has configured needs none. */
export interface TokenClientOptions {
  /**
   * Which vault to use if the environment holds several: the name that the grant gave it (`vault.named('films')`).
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
   * The role that `forTenant` assumes, with the tag `tenant`.
   * @default the environment variable `ADOBE_TOKEN_VAULT_TENANT_ROLE_ARN`, if set
   */
  readonly tenantRoleArn?: string;
  /**
   * Where to read sealed access tokens directly. `false`: always ask the vault over HTTPS.
   * @default what the grant put into the environment for the vault of this URL
   */
  readonly directRead?: DirectReadSettings | false;
  /**
   * The client id of the vault's Adobe credential. `fetch` sends it as `x-api-key`. It is not a secret.
   * @default `directRead.clientId`, else what the grant put into the environment for the vault of this URL
   */
  readonly clientId?: string;
  /**
   * Hosts to which `fetch` may send a token, each with its subdomains. `AEM_HOSTS`, `COMMERCE_HOSTS` and `WORKFRONT_HOSTS` are
   * further ones.
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

type World = Required<Pick<TokenClientOptions, 'fetch' | 'nowMs' | 'random'>> & {
  readonly pause: VaultHttpDeps['sleep'];
};

/**
 * Creates a client of the vault. Create one outside the handler, so that its cache outlives an invocation. Where neither
 * `url` nor the environment names a vault, as in a test that imports the handler, the first call throws instead.
 *
 * @example
 * const vault = createTokenClient();
 * const answer = await vault.fetch('acme.user-42', 'https://lr.adobe.io/v2/catalog');
 *
 * @throws {ClientSettingsError} when the vault's address or an allowed host is missing or malformed
 * @throws {ClientEnvironmentError} when variables of the environment belong to different vaults, or some are missing
 */
export function createTokenClient(options: TokenClientOptions = {}): TokenClient {
  const create = () => createPausingClient(options, pauseFor);
  return isAnyVaultNamed(options) ? create() : createAtFirstCall(create);
}

async function pauseFor(durationMs: number, signal: AbortSignal): Promise<void> {
  await sleep(durationMs, undefined, { signal }).catch(() => signal.throwIfAborted());
}

/** The environment is read at the first call. A failure is not kept. */
function createAtFirstCall(create: () => TokenClient): TokenClient {
  let created: TokenClient | undefined;
  const client = (): TokenClient => {
    created ??= create();
    return created;
  };
  return {
    getAccessToken: async (...call) => client().getAccessToken(...call),
    getAccessTokens: async (...call) => client().getAccessTokens(...call),
    fetch: async (...call) => client().fetch(...call),
    status: async (...call) => client().status(...call),
    disconnect: async (...call) => client().disconnect(...call),
    openConsent: async (...call) => client().openConsent(...call),
    redeemConsent: async (...call) => client().redeemConsent(...call),
    redeemSignIn: async (...call) => client().redeemSignIn(...call),
    forTenant: (tenant) => client().forTenant(tenant),
  };
}

/** @param pause waits before a second try */
export function createPausingClient(options: TokenClientOptions, pause: World['pause']): TokenClient {
  const world = {
    fetch: options.fetch ?? globalThis.fetch,
    nowMs: options.nowMs ?? Date.now,
    random: options.random ?? Math.random,
    pause,
  };
  const parts = createParts(options, world);
  const fence = createHostFence(options.allowedHosts ?? ADOBE_API_HOSTS);
  const tenants = createTenants<Reach>();

  const reach = (sources: Sources, cache: TokenCache): Reach => {
    const { callVault, direct } = sources;
    const tokens = createAccessTokens({ cache, direct, vault: createVaultSource(callVault) });
    const getAccessToken: TokenClient['getAccessToken'] = async (connectionId, requirement) =>
      tokens.get(tokenRequest(connectionId, requirement), requirement?.signal);
    const client = {
      getAccessToken,
      getAccessTokens: tokens.getMany,
      fetch: fetchWith({ ...world, sleep: pause, fence, getAccessToken, clientId: parts.clientId }),
      ...createConnectionCalls(callVault, forget),
    };
    return { client, forget: tokens.forget };
  };
  const own = reach(parts.own, parts.cache);

  /** A disconnect ends what every client of this process has of the connection. */
  function forget(connectionId: string): void {
    for (const one of [own, ...tenants.all()]) one.forget(connectionId);
  }

  return {
    ...own.client,
    forTenant: (tenant) => {
      assertTenantName(tenant);
      const create = () => reach(parts.ofTenant(tenant), parts.cache.forTenant(tenant));
      const { redeemSignIn: _ofNoTenant, ...client } = tenants.of(tenant, create).client;
      return client;
    },
  };
}

/** The calls for what some credentials reach. */
interface Reach {
  readonly client: Omit<TokenClient, 'forTenant'>;
  readonly forget: (connectionId: string) => void;
}

/** Where tokens come from, with some credentials. */
interface Sources {
  readonly callVault: CallVault;
  readonly direct: DirectSource | undefined;
}

function fetchWith(
  deps: Pick<TokenClient, 'getAccessToken'> &
    Omit<AuthorizedFetchDeps, 'accessToken' | 'headers'> & { readonly clientId: string | undefined },
): TokenClient['fetch'] {
  const { getAccessToken, clientId, ...rest } = deps;
  return async (connectionId, target, init = {}, { imsOrgId, ...requirement } = {}) => {
    const accessToken = (signal: AbortSignal | undefined, rejected?: string) =>
      getAccessToken(connectionId, {
        ...requirement,
        ...(signal && { signal }),
        ...(rejected && { rejected }),
      });
    return authorizedFetch({ ...rest, accessToken, headers: adobeHeaders(clientId, imsOrgId) }, target, init);
  };
}

function createParts(options: TokenClientOptions, { fetch, nowMs, random, pause }: World) {
  const { url, region, directRead, clientId, roleArn, tenantRoleArn } = vaultAddress(options);
  const credentials = ownCredentials(options.credentials, nowMs);
  const signingClock = { offsetMs: 0 };
  const signerWith = (source: AwsCredentialSource) => (service: SignDeps['service']) =>
    createSignRequest({ service, region, credentials: source, nowMs: () => nowMs() + signingClock.offsetMs });
  const assumed = (role: Pick<AssumeRoleDeps, 'roleArn' | 'tenant'>) =>
    createAssumedRole({
      ...role,
      endpoint: awsEndpoint('sts', region),
      sign: signerWith(credentials)('sts'),
      fetch,
      nowMs,
    });
  /** One network, whichever tenant calls. */
  const directPause: DirectPause = { untilMs: Number.NEGATIVE_INFINITY };
  const sourcesWith = (source: AwsCredentialSource): Sources => {
    const signer = signerWith(source);
    const jsonCall = (service: 'dynamodb' | 'kms', jsonVersion: '1.0' | '1.1') =>
      createAwsJsonCall({
        endpoint: awsEndpoint(service, region),
        jsonVersion,
        sign: signer(service),
        fetch,
        nowMs,
      });
    return {
      callVault: createCallVault({
        url,
        sign: signer('execute-api'),
        signingClock,
        fetch,
        nowMs,
        sleep: pause,
      }),
      direct:
        directRead &&
        createDirectSource({
          ...directRead,
          pause: directPause,
          dynamodb: jsonCall('dynamodb', '1.0'),
          kms: jsonCall('kms', '1.1'),
          nowMs,
          sleep: pause,
        }),
    };
  };
  const { maxCacheSeconds = 300, maxCacheEntries = 1000 } = options;
  const ownSources = sourcesWith(roleArn === undefined ? credentials : assumed({ roleArn }));
  return {
    clientId,
    cache: createTokenCache({
      maxEntries: maxCacheEntries,
      maxAgeMs: maxCacheSeconds * 1000,
      nowMs,
      random,
    }),
    own:
      tenantRoleArn === undefined
        ? ownSources
        : { ...ownSources, callVault: namingTheFence(ownSources.callVault, NO_TENANT) },
    ofTenant: (tenant: string): Sources => {
      if (tenantRoleArn === undefined) {
        throw new ClientSettingsError(
          'The role for tenants is not known: grant perTenant() to this function, or pass `tenantRoleArn`.',
        );
      }
      const { callVault, direct } = sourcesWith(assumed({ roleArn: tenantRoleArn, tenant }));
      return { direct, callVault: namingTheFence(callVault, fenceOf(tenant), tenant) };
    },
  };
}

/** The SDK's own chain already keeps what it has found. */
function ownCredentials(given: AwsCredentialSource | undefined, nowMs: () => number): AwsCredentialSource {
  if (given === undefined) return defaultProvider();
  return typeof given === 'function' ? createHeldCredentials(given, nowMs) : given;
}
