import * as oauth from 'oauth4webapi';
import type { CodeExchange, TokenRefresh, TokenRevocation } from '../../core/ports/ims.ts';
import { type HttpAnswer, readHttpAnswer } from './http-answer.ts';
import type { ImsEndpoints } from './ims-endpoints.ts';
import { formatScopes } from './token-claims.ts';

/** Builds one request and sends it. Another function reads the answer. */
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
      // `state` was verified when the browser came back. The library requires this call before it sends a code.
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

export type Received =
  | { readonly kind: 'answer'; readonly answer: HttpAnswer }
  /** `late`: the request is still open. It never rejects. */
  | { readonly kind: 'nothing'; readonly reason: ConnectionFailure; readonly late?: Promise<Received> };

export interface RequestTimeouts {
  readonly timeoutMs: number;
  /** Counted from the post. Absent = `timeoutMs`. */
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
 * Sends one request and reads what comes: no retry, no redirect, and no abort before its time, because IMS may already have
 * acted on it. The library builds the request. Its answer is read here, before the library can reject it.
 */
export async function sendAndReceive(
  fetcher: typeof fetch,
  { timeoutMs, keepOpenMs = timeoutMs }: RequestTimeouts,
  send: (options: RequestOptions) => Promise<Response>,
): Promise<Received> {
  const answer = receiveWithin(fetcher, keepOpenMs, send);
  return keepOpenMs > timeoutMs ? Promise.race([answer, timeoutAfter(timeoutMs, answer)]) : answer;
}

function timeoutAfter(timeoutMs: number, late: Promise<Received>): Promise<Received> {
  return new Promise((resolve) => {
    const give = () => resolve({ kind: 'nothing', reason: 'timeout', late });
    timeout(timeoutMs).addEventListener('abort', give, { once: true });
  });
}

const timeout = (durationMs: number): AbortSignal => AbortSignal.timeout(Math.max(1, Math.ceil(durationMs)));

async function receiveWithin(
  fetcher: typeof fetch,
  keepOpenMs: number,
  send: (options: RequestOptions) => Promise<Response>,
): Promise<Received> {
  let received: Received | undefined;
  await send({
    signal: timeout(keepOpenMs),
    [oauth.customFetch]: async (url, { signal, ...init }) => {
      received = await receive(fetcher(url, { ...init, ...(signal && { signal }) }));
      return new Response();
    },
  });
  if (!received) throw new TypeError('The request was not sent.');
  return received;
}

async function receive(pending: Promise<Response>): Promise<Received> {
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
 * Why no answer came. Only `unreachable` is certain to have changed nothing at IMS. In doubt it is a `reset`, after which IMS
 * may have processed the request.
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
 * A frozen function resumes with sockets that the other side has closed, and a request on one of these looks like a lost
 * answer. So every request to IMS uses a new connection.
 */
export function fetchOncePerConnection(fetcher: typeof fetch): typeof fetch {
  return (input, init) => {
    const headers = Object.fromEntries(new Headers(init?.headers));
    return fetcher(input, { ...init, headers: { ...headers, connection: 'close' } });
  };
}
