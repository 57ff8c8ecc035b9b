import type { AccessToken } from './access-token.ts';
import { readBounded } from './bounded-http.ts';
import { isLoopback, isSecureUrl } from './contract.ts';
import { ClientSettingsError, HostNotAllowedError, isVaultError } from './vault-error.ts';

export interface AuthorizedFetchDeps {
  readonly fetch: typeof fetch;
  /** Throws `HostNotAllowedError`. */
  readonly fence: (url: URL) => void;
  /** @param rejected an access token that an Adobe API just rejected */
  readonly accessToken: (signal: AbortSignal | undefined, rejected?: string) => Promise<AccessToken>;
}

const MAX_REDIRECTS = 5;

/**
 * Sends one request with the access token of a connection. When an Adobe API rejects the token, the client reports it
 * to the vault and sends the request again with the next one. A body that can be read only once is not sent again.
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
  const next = await reportRejected(deps, signal, first);
  if (next === undefined || next.accessToken === first.accessToken || !isReplayable(init.body)) {
    return response;
  }
  await response.body?.cancel();
  return send(deps, url, init, next);
}

/** If the vault has no other token for now, the caller gets Adobe's own answer. */
async function reportRejected(
  deps: AuthorizedFetchDeps,
  signal: AbortSignal | undefined,
  rejected: AccessToken,
): Promise<AccessToken | undefined> {
  try {
    return await deps.accessToken(signal, rejected.accessToken);
  } catch (error) {
    if (isVaultError(error) && isTemporary(error.code)) return undefined;
    throw error;
  }
}

function isTemporary(code: string): boolean {
  return code === 'temporarily_unavailable' || code === 'vault_unreachable';
}

/**
 * Redirects are followed by hand and only within one origin: the token goes nowhere else. Any other redirect is the
 * caller's to handle.
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

/** Lightroom's "access token expired" comes with status 403. */
const LIGHTROOM_TOKEN_EXPIRED = 4300;
const MAX_BODY_BYTES = 64 * 1024;

/** Does this answer of an Adobe API reject the access token itself? The response stays readable. */
async function refusesToken(response: Response): Promise<boolean> {
  if (response.status === 401) return true;
  if (response.status !== 403) return false;
  try {
    const text = await readBounded(response.clone(), MAX_BODY_BYTES);
    return text !== undefined && Number(codeOf(parseAdobeJson(text))) === LIGHTROOM_TOKEN_EXPIRED;
  } catch {
    return false;
  }
}

function codeOf(body: unknown): unknown {
  return typeof body === 'object' && body !== null && 'code' in body ? body.code : undefined;
}

/** Lightroom puts this before its JSON so that a browser cannot run it as a script. */
const SCRIPT_GUARD = /^\s*while\s*\(1\)\s*\{\}\s*/;

/**
 * Parses the JSON of an Adobe API, with or without Lightroom's `while (1) {}` before it.
 * @throws {SyntaxError} when the text is not JSON
 */
export function parseAdobeJson(text: string): unknown {
  return JSON.parse(text.replace(SCRIPT_GUARD, ''));
}

/** Hosts of Adobe's APIs, with their subdomains. Not `adobe.com`: most hosts there are not APIs, and some are customers' own. */
export const ADOBE_API_HOSTS: readonly string[] = ['adobe.io', 'api.frame.io'];

/** Adobe runs customers' code there (App Builder). A token goes there only if such a host is listed itself. */
const FOREIGN_CODE = 'runtime.adobe.io';

const HOST = /^(?:[a-z0-9-]+(?:\.[a-z0-9-]+)+|localhost|\[::1\])(?::\d{1,5})?$/;

/**
 * Where an access token may be sent. `adobe.io` stands for itself and its subdomains, except `runtime.adobe.io` and its
 * subdomains. Only https, on the standard port unless the entry names another. A loopback host must be listed itself, and may
 * use http.
 */
export function createHostFence(allowedHosts: readonly string[]): (url: URL) => void {
  const malformed = allowedHosts.find((host) => !HOST.test(host));
  if (malformed !== undefined) {
    throw new ClientSettingsError(`An allowed host must be a host name in lower case: ${malformed}`);
  }

  return (url) => {
    const protocolFits = isSecureUrl(url);
    const hostFits = isLoopback(url)
      ? allowedHosts.includes(url.host) || allowedHosts.includes(url.hostname)
      : allowedHosts.some((allowed) => isWithin(url.host, allowed) && !hidesForeignCode(url.host, allowed));
    if (protocolFits && hostFits && url.username === '' && url.password === '') return;
    throw new HostNotAllowedError(`An access token may not be sent to ${url.protocol}//${url.host}.`);
  };
}

const isWithin = (host: string, domain: string): boolean => host === domain || host.endsWith(`.${domain}`);

const hidesForeignCode = (host: string, allowed: string): boolean =>
  isWithin(host, FOREIGN_CODE) && !isWithin(allowed, FOREIGN_CODE);
