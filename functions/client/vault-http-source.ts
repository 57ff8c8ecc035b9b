import type { AccessToken } from './access-token.ts';
import { REJECTED_TOKEN_HEADER } from './contract.ts';
import { readBounded } from './read-bounded.ts';
import type { SignGet } from './sign-request.ts';
import type { TokenRequest, TokenSource } from './token-source.ts';
import { processAccessTokenAnswer, type VaultAnswer } from './vault-answer.ts';
import { TemporarilyUnavailableError, VaultError, VaultUnreachableError } from './vault-error.ts';

export interface VaultHttpDeps {
  readonly url: URL;
  readonly signGet: SignGet;
  readonly fetch: typeof fetch;
  readonly nowMs: () => number;
  readonly sleep: (durationMs: number, signal: AbortSignal) => Promise<void>;
}

/** API Gateway gives up after 30 s; a little more, so that its answer is still heard. */
const TIMEOUT_MS = 31_000;
const MAX_BODY_BYTES = 256 * 1024;
/** One quick retry: a vault that asks for a longer pause is taken at its word and not waited for. */
const LONGEST_PAUSE_SECONDS = 5;
const DEFAULT_PAUSE_SECONDS = 0.2;

/** Access tokens over HTTPS, signed as this function's role. */
export function createVaultHttpSource(deps: VaultHttpDeps): TokenSource {
  const attempt = async (request: TokenRequest, signal: AbortSignal): Promise<AccessToken> => {
    const sentAtMs = deps.nowMs();
    const answer = await send(deps, request, signal);
    return processAccessTokenAnswer(answer, request.connectionId, sentAtMs);
  };

  return {
    async obtain(request, signal) {
      try {
        return await attempt(request, signal);
      } catch (error) {
        const pauseSeconds = pauseBeforeRetry(error);
        if (pauseSeconds === undefined) throw error;
        await deps.sleep(pauseSeconds * 1000, signal);
        return attempt(request, signal);
      }
    },
  };
}

function pauseBeforeRetry(error: unknown): number | undefined {
  if (error instanceof VaultUnreachableError) return DEFAULT_PAUSE_SECONDS;
  if (!(error instanceof TemporarilyUnavailableError)) return undefined;
  const seconds = error.retryAfterSeconds ?? DEFAULT_PAUSE_SECONDS;
  return seconds <= LONGEST_PAUSE_SECONDS ? seconds : undefined;
}

async function send(deps: VaultHttpDeps, request: TokenRequest, signal: AbortSignal): Promise<VaultAnswer> {
  const url = accessTokenUrl(deps.url, request);
  const { rejectedDigest } = request;
  const headers = await deps.signGet(url, {
    accept: 'application/json, application/problem+json',
    ...(rejectedDigest !== undefined && { [REJECTED_TOKEN_HEADER]: rejectedDigest }),
  });
  try {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const response = await deps.fetch(url, { headers, redirect: 'manual', signal: limited });
    return {
      status: response.status,
      retryAfter: response.headers.get('retry-after'),
      body: await readBounded(response, MAX_BODY_BYTES),
    };
  } catch (cause) {
    if (signal.aborted || cause instanceof VaultError) throw cause;
    throw new VaultUnreachableError('The vault could not be reached or did not answer in time.', { cause });
  }
}

function accessTokenUrl(base: URL, { connectionId, minTtlSeconds, scopeSet }: TokenRequest): URL {
  const url = new URL(base);
  url.pathname = `${base.pathname.replace(/\/+$/, '')}/access-tokens/${connectionId}`;
  const query = [
    minTtlSeconds === undefined ? [] : [`min_ttl=${minTtlSeconds}`],
    // Not URLSearchParams: it writes a space as `+`, which SigV4 does not.
    scopeSet === undefined ? [] : [`scopes=${encodeURIComponent(scopeSet)}`],
  ].flat();
  url.search = query.join('&');
  return url;
}
