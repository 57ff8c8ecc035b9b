import * as oauth from 'oauth4webapi';
import type { CodeExchange, TokenRefresh, TokenRevocation } from '../../core/ports/ims.ts';
import { type HttpAnswer, readHttpAnswer } from './http-answer.ts';
import type { ImsEndpoints } from './ims-endpoints.ts';
import { formatScopes } from './token-claims.ts';

/** Builds and sends one request; reading the answer is somebody else's. */
export type SendRequest = (options: RequestOptions) => Promise<Response>;

export interface TokenRequests {
  /** RFC 6749 §4.1.3 with RFC 7636 §4.5. */
  codeGrant(exchange: CodeExchange): SendRequest;
  /** RFC 6749 §6. */
  refreshGrant(refresh: TokenRefresh): SendRequest;
  /** RFC 7009 §2.1. */
  revocation(revocation: TokenRevocation): SendRequest;
}

/**
 * The client secret goes into the body (`client_secret_post`): by RFC 6749 §2.3.1 Basic percent-encodes the dashes of
 * Adobe's secrets, and Adobe documents Basic without that.
 */
export function createTokenRequests(endpoints: ImsEndpoints, clientId: string): TokenRequests {
  const server: oauth.AuthorizationServer = {
    issuer: new URL(endpoints.token).origin,
    token_endpoint: endpoints.token,
    revocation_endpoint: endpoints.revoke,
  };
  const client: oauth.Client = { client_id: clientId };
  const insecure = { [oauth.allowInsecureRequests]: endpoints.token.startsWith('http:') };

  return {
    codeGrant: (exchange) => (options) => {
      const secret = oauth.ClientSecretPost(exchange.clientSecret.reveal());
      // State was checked when the browser came back; the library wants to have seen the parameters all the same.
      const parameters = new URLSearchParams({ code: exchange.code.reveal() });
      const callback = oauth.validateAuthResponse(server, client, parameters, oauth.skipStateCheck);
      const verifier = exchange.codeVerifier.reveal();
      const sent = { ...options, ...insecure };
      return oauth.authorizationCodeGrantRequest(
        server,
        client,
        secret,
        callback,
        exchange.redirectUri,
        verifier,
        sent,
      );
    },

    refreshGrant: (refresh) => (options) => {
      const secret = oauth.ClientSecretPost(refresh.clientSecret.reveal());
      const sent = {
        ...options,
        ...insecure,
        ...(refresh.scopes && { additionalParameters: { scope: formatScopes(refresh.scopes) } }),
      };
      return oauth.refreshTokenGrantRequest(server, client, secret, refresh.refreshToken.reveal(), sent);
    },

    revocation: (revocation) => (options) => {
      const secret = oauth.ClientSecretPost(revocation.clientSecret.reveal());
      const sent = { ...options, ...insecure };
      return oauth.revocationRequest(server, client, secret, revocation.token.reveal(), sent);
    },
  };
}

export type HeardAnswer =
  | { readonly kind: 'answer'; readonly answer: HttpAnswer }
  /** `late`: the request is still open; never rejects. */
  | { readonly kind: 'nothing'; readonly reason: ConnectionFailure; readonly late?: Promise<HeardAnswer> };

export interface ListeningTime {
  readonly timeoutMs: number;
  /** From the post on; absent = `timeoutMs`. */
  readonly keepOpenMs?: number;
}

/** What every request needs of oauth4webapi. */
export interface RequestOptions {
  readonly [oauth.customFetch]: (
    url: string,
    init: oauth.CustomFetchOptions<'POST', URLSearchParams>,
  ) => Promise<Response>;
  readonly signal: AbortSignal;
}

/**
 * Sends one request and hears it out: no retry, no redirect, and no end before its time, since IMS may have acted on it
 * already. The library builds the request; its answer is read here, before anybody judges it.
 */
export async function listen(
  fetcher: typeof fetch,
  { timeoutMs, keepOpenMs = timeoutMs }: ListeningTime,
  send: (options: RequestOptions) => Promise<Response>,
): Promise<HeardAnswer> {
  const answer = hearOut(fetcher, keepOpenMs, send);
  return keepOpenMs > timeoutMs ? Promise.race([answer, silence(timeoutMs, answer)]) : answer;
}

function silence(timeoutMs: number, late: Promise<HeardAnswer>): Promise<HeardAnswer> {
  return new Promise((resolve) => {
    const tell = () => resolve({ kind: 'nothing', reason: 'timeout', late });
    timeout(timeoutMs).addEventListener('abort', tell, { once: true });
  });
}

const timeout = (durationMs: number): AbortSignal => AbortSignal.timeout(Math.max(1, Math.ceil(durationMs)));

async function hearOut(
  fetcher: typeof fetch,
  keepOpenMs: number,
  send: (options: RequestOptions) => Promise<Response>,
): Promise<HeardAnswer> {
  let heard: HeardAnswer | undefined;
  await send({
    signal: timeout(keepOpenMs),
    [oauth.customFetch]: async (url, { signal, ...init }) => {
      heard = await hear(fetcher(url, { ...init, ...(signal && { signal }) }));
      return new Response();
    },
  });
  if (!heard) throw new TypeError('The request was not sent.');
  return heard;
}

async function hear(pending: Promise<Response>): Promise<HeardAnswer> {
  try {
    return { kind: 'answer', answer: await readHttpAnswer(await pending) };
  } catch (error) {
    return { kind: 'nothing', reason: connectionFailureOf(error) };
  }
}

export type ConnectionFailure = 'timeout' | 'reset' | 'unreachable';

/** Failures that happen before a byte of the request is sent. Certificate errors are recognised by their prefixes. */
const NEVER_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
]);
const NEVER_TRUSTED = /^(CERT_|UNABLE_TO_|ERR_TLS_|ERR_SSL_)/;

/**
 * Why no answer came. Only `unreachable` is certain to have changed nothing at IMS; when in doubt it is a `reset`, after
 * which the request may have been processed.
 */
export function connectionFailureOf(error: unknown): ConnectionFailure {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause.name === 'TimeoutError') return 'timeout';
    const code = 'code' in cause ? cause.code : undefined;
    if (typeof code === 'string' && (NEVER_CONNECTED.has(code) || NEVER_TRUSTED.test(code))) {
      return 'unreachable';
    }
  }
  return 'reset';
}

/**
 * A frozen function wakes up with sockets the other side closed long ago, and a request on one of these looks like a lost
 * answer. So every request to IMS has a connection of its own.
 */
export function fetchOncePerConnection(fetcher: typeof fetch): typeof fetch {
  return (input, init) => {
    const headers = Object.fromEntries(new Headers(init?.headers));
    return fetcher(input, { ...init, headers: { ...headers, connection: 'close' } });
  };
}
