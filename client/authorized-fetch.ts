import type { AccessToken } from './access-token.ts';
import { refusesToken } from './rejected-answer.ts';
import { isVaultError } from './vault-error.ts';

export interface AuthorizedFetchDeps {
  readonly fetch: typeof fetch;
  /** Throws `HostNotAllowedError`. */
  readonly fence: (url: URL) => void;
  /** @param rejected an access token that was just refused */
  readonly accessToken: (signal: AbortSignal | undefined, rejected?: string) => Promise<AccessToken>;
}

const MAX_REDIRECTS = 5;

/**
 * Sends one request with the access token of a connection. When Adobe refuses the token, it is reported to the vault and
 * the request is sent once more with the next one; a body that can be read only once is not sent again.
 */
export async function authorizedFetch(
  deps: AuthorizedFetchDeps,
  url: URL,
  init: RequestInit,
): Promise<Response> {
  deps.fence(url);
  const signal = init.signal ?? undefined;
  const first = await deps.accessToken(signal);
  const response = await send(deps, url, init, first);
  if (!(await refusesToken(response))) return response;
  const next = await reportRefused(deps, signal, first);
  if (next === undefined || next.accessToken === first.accessToken || !isReplayable(init.body)) {
    return response;
  }
  await response.body?.cancel();
  return send(deps, url, init, next);
}

/** A vault that has no other token for now leaves the caller with Adobe's own answer. */
async function reportRefused(
  deps: AuthorizedFetchDeps,
  signal: AbortSignal | undefined,
  refused: AccessToken,
): Promise<AccessToken | undefined> {
  try {
    return await deps.accessToken(signal, refused.accessToken);
  } catch (error) {
    if (isVaultError(error) && isPassing(error.code)) return undefined;
    throw error;
  }
}

function isPassing(code: string): boolean {
  return code === 'temporarily_unavailable' || code === 'vault_unreachable';
}

/**
 * Redirects are followed by hand and only within one origin: the token goes nowhere else. Any other redirect is the
 * caller's to judge.
 */
async function send(
  deps: AuthorizedFetchDeps,
  url: URL,
  init: RequestInit,
  token: AccessToken,
): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set('authorization', token.authorization);
  const redirect = init.redirect === 'error' ? 'error' : 'manual';
  const mayFollow = (init.redirect ?? 'follow') === 'follow' && /^(GET|HEAD)$/i.test(init.method ?? 'GET');
  let target = url;
  for (let hops = 0; ; hops++) {
    const response = await deps.fetch(target, { ...init, headers, redirect });
    const next = mayFollow && hops < MAX_REDIRECTS ? redirectWithin(target, response) : undefined;
    if (next === undefined) return response;
    await response.body?.cancel();
    target = next;
  }
}

function redirectWithin(from: URL, response: Response): URL | undefined {
  const location = response.headers.get('location');
  if (response.status < 300 || response.status > 399 || location === null) return undefined;
  if (!URL.canParse(location, from.href)) return undefined;
  const to = new URL(location, from);
  return to.origin === from.origin && to.username === '' ? to : undefined;
}

function isReplayable(body: RequestInit['body']): boolean {
  return (
    body === undefined ||
    body === null ||
    typeof body === 'string' ||
    body instanceof URLSearchParams ||
    body instanceof ArrayBuffer ||
    ArrayBuffer.isView(body) ||
    body instanceof Blob ||
    body instanceof FormData
  );
}
