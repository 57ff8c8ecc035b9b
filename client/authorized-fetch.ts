import type { AccessToken } from './access-token.ts';
import { isIdempotent, MAX_SENDS, pauseBeforeNextMs } from './adobe-retries.ts';
import { readBounded } from './bounded-http.ts';
import { InvalidRequestError, isVaultError } from './vault-error.ts';

export interface AuthorizedFetchDeps {
  readonly fetch: typeof fetch;
  /** Throws `HostNotAllowedError`. */
  readonly fence: (url: URL) => void;
  /** @param rejected an access token that an Adobe API just rejected */
  readonly accessToken: (signal: AbortSignal | undefined, rejected?: string) => Promise<AccessToken>;
  /** What Adobe's APIs require in addition to the token. A header that the caller sets stays as it is. */
  readonly headers: Readonly<Record<string, string>>;
  readonly nowMs: () => number;
  readonly random: () => number;
  readonly sleep: (durationMs: number, signal: AbortSignal) => Promise<void>;
}

const MAX_REDIRECTS = 5;

/**
 * Sends one request with the access token of a connection, at most three times in all. When an Adobe API rejects the token,
 * the client reports it to the vault, and sends the request again with the next one. When an API is overloaded or fails, the
 * client waits, and sends an idempotent request again. A body that can be read only once is not sent again.
 */
export async function authorizedFetch(
  deps: AuthorizedFetchDeps,
  target: string | URL | Request,
  given: RequestInit,
): Promise<Response> {
  const request = outgoing(target, given);
  deps.fence(request.url);
  const signal = request.init.signal ?? undefined;
  const mayRepeat = request.isReplayable && isIdempotent(request.init.method);
  let token = await deps.accessToken(signal);
  let rejected: AccessToken | undefined;
  let pausedMs = 0;
  for (let sent = 1; ; sent++) {
    const response = await send(deps, request, token);
    if (rejected === undefined && (await refusesToken(response))) {
      rejected = token;
      const next = await reportRejected(deps, signal, rejected);
      const isSame = next === undefined || next.accessToken === rejected.accessToken;
      if (isSame || !request.isReplayable || sent >= MAX_SENDS) return response;
      token = next;
      await response.body?.cancel();
    } else {
      const pauseMs = mayRepeat ? pauseBeforeNextMs(response, sent, pausedMs, deps) : undefined;
      if (pauseMs === undefined) return response;
      await response.body?.cancel();
      await deps.sleep(pauseMs, signal ?? new AbortController().signal);
      pausedMs += pauseMs;
    }
  }
}

interface Outgoing {
  readonly url: URL;
  /** A `Request` whose own body is sent, else the URL. */
  readonly first: URL | Request;
  readonly init: RequestInit;
  readonly isReplayable: boolean;
}

/** Members of `init` take the place of the request's own, as in the global `fetch`. */
function outgoing(target: string | URL | Request, given: RequestInit): Outgoing {
  if (!(target instanceof Request)) {
    const url = new URL(target);
    return { url, first: url, init: given, isReplayable: isReplayable(given.body) };
  }
  const url = new URL(target.url);
  const init = {
    ...given,
    method: given.method ?? target.method,
    headers: given.headers ?? target.headers,
    redirect: given.redirect ?? target.redirect,
    signal: given.signal === undefined ? target.signal : given.signal,
  };
  // The body stays in its `Request`, which knows its length. It can be read only once.
  const hasOwnBody = target.body !== null && (given.body ?? null) === null;
  return hasOwnBody
    ? { url, first: target, init, isReplayable: false }
    : { url, first: url, init, isReplayable: isReplayable(given.body) };
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
  { url, first, init }: Outgoing,
  token: AccessToken,
): Promise<Response> {
  const headers = new Headers(init.headers);
  for (const [name, value] of Object.entries(deps.headers)) {
    if (!headers.has(name)) headers.set(name, value);
  }
  headers.set('authorization', token.authorization);
  const redirect = init.redirect === 'error' ? 'error' : 'manual';
  const mayFollow = (init.redirect ?? 'follow') === 'follow' && /^(GET|HEAD)$/i.test(init.method ?? 'GET');
  let target = url;
  for (let hops = 0; ; hops++) {
    const response = await deps.fetch(hops === 0 ? first : target, { ...init, headers, redirect });
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

const IMS_ORG_ID = /^[A-Za-z0-9]{1,64}@AdobeOrg$/;

/** @throws {InvalidRequestError} */
export function adobeHeaders(
  clientId: string | undefined,
  imsOrgId: string | undefined,
): Readonly<Record<string, string>> {
  if (imsOrgId !== undefined && !IMS_ORG_ID.test(imsOrgId)) {
    throw new InvalidRequestError('imsOrgId must be the id of an Adobe organization, such as 1234@AdobeOrg.');
  }
  return {
    ...(clientId !== undefined && { 'x-api-key': clientId }),
    ...(imsOrgId !== undefined && { 'x-gw-ims-org-id': imsOrgId }),
  };
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
