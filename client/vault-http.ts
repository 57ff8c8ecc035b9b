import { readBounded, withinTimeLimit } from './bounded-http.ts';
import { REJECTED_TOKEN_HEADER } from './contract.ts';
import type { SignRequest } from './sign-request.ts';
import type { TokenRequest, TokenSource } from './token-request.ts';
import {
  clockErrorMs,
  MAX_CORRECTION_MS,
  processAccessTokenAnswer,
  type VaultAnswer,
} from './vault-answer.ts';
import { TemporarilyUnavailableError, VaultError, VaultUnreachableError } from './vault-error.ts';

export interface VaultHttpDeps {
  readonly url: URL;
  readonly sign: SignRequest;
  readonly fetch: typeof fetch;
  readonly nowMs: () => number;
  /** Of `sign`. Absent where the clock is right. */
  readonly signingClock?: SigningClock;
  readonly sleep: (durationMs: number, signal: AbortSignal) => Promise<void>;
}

/** How far AWS's clock is ahead of this process's, once a refusal has shown it. */
interface SigningClock {
  offsetMs: number;
}

export interface VaultRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below the vault's base URL, such as `/connections/acme.user-42`. */
  readonly path: string;
  /** Percent-encoded, without the question mark. */
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON; a text goes as it is, with its content type in `headers`. */
  readonly body?: object | string;
}

/**
 * Sends one request over HTTPS, signed as this process's role. When the vault was briefly
 * unreachable, it sends the request a second time: every route of the vault may be called twice.
 * @param read reads the answer; throws `VaultError` for a refusal
 */
export type CallVault = <Result>(
  request: VaultRequest,
  read: (answer: VaultAnswer, sentAtMs: number) => Result,
  signal: AbortSignal,
) => Promise<Result>;

/** API Gateway gives up after 30 s. A little more, so that its answer still arrives. */
const TIMEOUT_MS = 31_000;
const MAX_BODY_BYTES = 256 * 1024;
/** If the vault asks for a longer pause, there is no retry and the caller gets the error. */
const LONGEST_PAUSE_SECONDS = 5;
const DEFAULT_PAUSE_SECONDS = 0.2;

export function createCallVault(deps: VaultHttpDeps): CallVault {
  return async (request, read, signal) => {
    const attempt = async () => {
      const sentAtMs = deps.nowMs();
      const answer = await send(deps, request, signal);
      return read(correctClock(deps, answer) ? await send(deps, request, signal) : answer, sentAtMs);
    };
    try {
      return await attempt();
    } catch (error) {
      const pauseSeconds = pauseBeforeRetry(error);
      if (pauseSeconds === undefined) throw error;
      await deps.sleep(pauseSeconds * 1000, signal);
      return attempt();
    }
  };
}

/** @returns whether the refused request may succeed with another signature */
function correctClock({ signingClock, nowMs }: VaultHttpDeps, answer: VaultAnswer): boolean {
  if (signingClock === undefined) return false;
  const now = nowMs();
  const errorMs = clockErrorMs(answer, now + signingClock.offsetMs);
  const offsetMs = signingClock.offsetMs + errorMs;
  if (errorMs === 0 || Math.abs(offsetMs) > MAX_CORRECTION_MS) return false;
  signingClock.offsetMs = offsetMs;
  return true;
}

function pauseBeforeRetry(error: unknown): number | undefined {
  if (error instanceof VaultUnreachableError) return DEFAULT_PAUSE_SECONDS;
  if (!(error instanceof TemporarilyUnavailableError)) return undefined;
  const seconds = error.retryAfterSeconds ?? DEFAULT_PAUSE_SECONDS;
  return seconds <= LONGEST_PAUSE_SECONDS ? seconds : undefined;
}

async function send(deps: VaultHttpDeps, request: VaultRequest, signal: AbortSignal): Promise<VaultAnswer> {
  const { method } = request;
  const url = urlOf(deps.url, request);
  const body = typeof request.body === 'object' ? JSON.stringify(request.body) : request.body;
  const unsigned = {
    accept: 'application/json, application/problem+json',
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...request.headers,
  };
  const headers = await deps.sign({ method, url, headers: unsigned, body });
  const init = { method, headers, redirect: 'manual', ...(body !== undefined && { body }) } as const;
  try {
    return await withinTimeLimit(TIMEOUT_MS, signal, async (limited) => {
      const response = await deps.fetch(url, { ...init, signal: limited });
      return {
        status: response.status,
        retryAfter: response.headers.get('retry-after'),
        date: response.headers.get('date'),
        body: await readBounded(response, MAX_BODY_BYTES),
      };
    });
  } catch (cause) {
    if (signal.aborted || cause instanceof VaultError) throw cause;
    throw new VaultUnreachableError('The vault could not be reached or did not answer in time.', { cause });
  }
}

function urlOf(base: URL, { path, query = '' }: VaultRequest): URL {
  const url = new URL(base);
  url.pathname = base.pathname.replace(/\/+$/, '') + path;
  url.search = query;
  return url;
}

/** Access tokens from the vault itself: it refreshes them, and knows why there is none. */
export function createVaultSource(callVault: CallVault): TokenSource {
  return {
    obtain: (request, signal) => {
      const { connectionId, rejectedDigest } = request;
      return callVault(
        {
          method: 'GET',
          path: `/access-tokens/${connectionId}`,
          query: queryOf(request),
          ...(rejectedDigest !== undefined && { headers: { [REJECTED_TOKEN_HEADER]: rejectedDigest } }),
        },
        (answer, sentAtMs) => processAccessTokenAnswer(answer, connectionId, sentAtMs),
        signal,
      );
    },
  };
}

function queryOf({ minTtlSeconds, scopeSet }: TokenRequest): string {
  const query = [
    minTtlSeconds === undefined ? [] : [`min_ttl=${minTtlSeconds}`],
    // Not URLSearchParams: it writes a space as `+`, which SigV4 does not.
    scopeSet === undefined ? [] : [`scopes=${encodeURIComponent(scopeSet)}`],
  ].flat();
  return query.join('&');
}
