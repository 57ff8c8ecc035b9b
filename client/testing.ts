import { createFakeVault, type FakeConnection, type FakeGrant, type FakeVault } from './fake-vault.ts';
import {
  createPausingClient,
  type TenantClient,
  type TokenClient,
  type TokenClientOptions,
} from './token-client.ts';

export type { FakeConnection, FakeErrorCode, FakeFailure, FakeGrant } from './fake-vault.ts';

/** One call to a fake client, in the order of the calls. */
export type FakeCall = {
  [Name in keyof TokenClient]: {
    /** The member of the client that was called. */
    readonly call: Name;
    /** What it was called with. */
    readonly args: Parameters<TokenClient[Name]>;
    /** Present when the call went through `forTenant`. */
    readonly tenant?: string;
  };
}[keyof TokenClient];

/** Options of `createFakeTokenClient`. */
export interface FakeTokenClientOptions extends Pick<TokenClientOptions, 'allowedHosts' | 'nowMs'> {
  /**
   * What `fetch` sends as `x-api-key`.
   * @default 'fake-client-id'
   */
  readonly clientId?: string;
  /**
   * How long a token is used without asking the vault again. By default, `setConnection` shows at the next call.
   * @default 0
   */
  readonly maxCacheSeconds?: number;
  /**
   * Answers what the client's `fetch` sends to Adobe, on allowed hosts only.
   * @default an error: a fake client sends nothing to the network
   */
  readonly fetch?: typeof fetch;
}

/** A token client without a vault, a network or AWS credentials, and what a test does with it. */
export interface FakeTokenClient extends TokenClient {
  /** Every call so far. */
  readonly calls: readonly FakeCall[];
  /** Adds a connection or changes one. */
  setConnection(connectionId: string, connection: FakeConnection): void;
  /**
   * Plays the user at the link of `openConsent`: the user consents, or a text is the `error` that the browser brings back, such as
   * `declined`.
   * @returns the URL with which the browser comes back to the app
   * @throws {InvalidRequestError} when the link is not of this client, or was used
   */
  completeConsent(authorizeUrl: string, result?: FakeGrant | 'declined' | (string & {})): URL;
  /**
   * Plays a plain sign-in.
   * @returns the `connectionCode` for `redeemSignIn`, which needs the same `appState`
   */
  completeSignIn(
    signIn: { readonly connectionId: string; readonly appState: string } & Partial<FakeGrant>,
  ): string;
}

/** Reserved names (RFC 6761 §6.4), so that a mistake reaches no host. */
const VAULT_URL = 'https://fake-vault.invalid';
const TENANT_ROLE = 'arn:aws:iam::111122223333:role/fake-tenant-role';
const SESSION_MS = 3_600_000;
/** In the signature of every request: who asks. A tenant's name stands behind it. */
const ACCESS_KEY = 'FAKE';

/**
 * A token client for tests: the real client on top of a vault in memory. Its errors, checks and limits are therefore the real ones.
 * Time is `nowMs`; nothing waits.
 *
 * @example
 * const vault = createFakeTokenClient({
 *   'acme.user-42': { accessToken: 'token-1' },
 *   'acme.user-43': { error: 'reauthorization_required' },
 * });
 *
 * @throws {ClientSettingsError} when an allowed host is malformed
 */
export function createFakeTokenClient(
  connections: Readonly<Record<string, FakeConnection>> = {},
  options: FakeTokenClientOptions = {},
): FakeTokenClient {
  // Not `Date.now` itself: a test may replace it later.
  const { nowMs = () => Date.now(), fetch: adobe = noNetwork, ...given } = options;
  const vault = createFakeVault(nowMs);
  for (const [connectionId, connection] of Object.entries(connections)) vault.set(connectionId, connection);
  const client = createPausingClient(
    {
      url: VAULT_URL,
      region: 'us-east-1',
      credentials: { accessKeyId: ACCESS_KEY, secretAccessKey: 'fake' },
      directRead: false,
      tenantRoleArn: TENANT_ROLE,
      clientId: 'fake-client-id',
      maxCacheSeconds: 0,
      ...given,
      nowMs,
      fetch: (target, init = {}) => route({ vault, nowMs, adobe }, target, init),
    },
    async (_, signal) => signal.throwIfAborted(),
  );
  const calls: FakeCall[] = [];
  return {
    ...recordCalls(client, calls),
    calls,
    setConnection: vault.set,
    completeConsent: (url, result = { accessToken: 'consented-token' }) => vault.complete(url, result),
    completeSignIn: ({ connectionId, appState, ...grant }) =>
      vault.signIn(connectionId, { accessToken: 'signed-in-token', ...grant }, appState),
  };
}

/** Named one by one, so that a member that `TokenClient` gains does not compile until a fake client has it too. */
function recordCalls(client: TokenClient, calls: FakeCall[]): TokenClient {
  const ofTenant = (one: TenantClient, tenant?: string): TenantClient => {
    const record = (call: Omit<FakeCall, 'tenant'>) =>
      void calls.push({ ...call, ...(tenant !== undefined && { tenant }) } as FakeCall);
    return {
      getAccessToken: async (...args) => {
        record({ call: 'getAccessToken', args });
        return one.getAccessToken(...args);
      },
      getAccessTokens: async (ids, ...rest) => {
        // An iterator can be read once.
        const args = [[...ids], ...rest] as const;
        record({ call: 'getAccessTokens', args: [...args] });
        return one.getAccessTokens(...args);
      },
      fetch: async (...args) => {
        record({ call: 'fetch', args });
        return one.fetch(...args);
      },
      status: async (...args) => {
        record({ call: 'status', args });
        return one.status(...args);
      },
      disconnect: async (...args) => {
        record({ call: 'disconnect', args });
        return one.disconnect(...args);
      },
      openConsent: async (...args) => {
        record({ call: 'openConsent', args });
        return one.openConsent(...args);
      },
      redeemConsent: async (...args) => {
        record({ call: 'redeemConsent', args });
        return one.redeemConsent(...args);
      },
    };
  };
  return {
    ...ofTenant(client),
    redeemSignIn: async (...args) => {
      calls.push({ call: 'redeemSignIn', args });
      return client.redeemSignIn(...args);
    },
    forTenant: (tenant) => {
      calls.push({ call: 'forTenant', args: [tenant] });
      return ofTenant(client.forTenant(tenant), tenant);
    },
  };
}

interface Network {
  readonly vault: FakeVault;
  readonly nowMs: () => number;
  readonly adobe: typeof fetch;
}

/** What is signed goes to the vault or to AWS STS; what carries a token goes to Adobe. */
async function route(
  { vault, nowMs, adobe }: Network,
  target: Parameters<typeof fetch>[0],
  init: RequestInit,
): Promise<Response> {
  const headers = new Headers(init.headers);
  const [, accessKey] = /^AWS4-HMAC-SHA256 Credential=([^/]+)/.exec(headers.get('authorization') ?? '') ?? [];
  if (accessKey === undefined) return adobe(target, init);
  const url = new URL(target instanceof Request ? target.url : target);
  const body = typeof init.body === 'string' ? init.body : '';
  if (url.origin !== VAULT_URL) return assumedRole(new URLSearchParams(body), nowMs());
  const tenant = accessKey === ACCESS_KEY ? undefined : accessKey.slice(ACCESS_KEY.length + 1);
  return vault.answer({ method: init.method ?? 'GET', url, headers, body, tenant });
}

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
function assumedRole(request: URLSearchParams, nowMs: number): Response {
  const expiration = new Date(nowMs + SESSION_MS).toISOString();
  const tenant = request.get('Tags.member.1.Value') ?? '';
  return new Response(
    `<AccessKeyId>${ACCESS_KEY}-${tenant}</AccessKeyId><SecretAccessKey>fake</SecretAccessKey><SessionToken>fake</SessionToken><Expiration>${expiration}</Expiration>`,
  );
}

async function noNetwork(target: Parameters<typeof fetch>[0]): Promise<Response> {
  const { host } = new URL(target instanceof Request ? target.url : target);
  throw new TypeError(
    `A fake token client sends nothing to ${host}: pass \`fetch\` to createFakeTokenClient.`,
  );
}
