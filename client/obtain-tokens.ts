import type { AccessToken } from './access-token.ts';
import { type DirectSource, MOST_AT_ONCE, type Reading } from './direct-source.ts';
import { createSharedFlights, type Flight } from './shared-flights.ts';
import type { TokenCache } from './token-cache.ts';
import {
  type AccessTokenOptions,
  type TokenRequest,
  type TokenSource,
  tokenRequest,
} from './token-request.ts';
import {
  type AnyVaultError,
  ConnectionNotFoundError,
  isVaultError,
  ReauthorizationRequiredError,
  ScopesNotGrantedError,
} from './vault-error.ts';

export interface AccessTokensDeps {
  readonly cache: TokenCache;
  /** Absent: every token comes from the vault over HTTPS. */
  readonly direct: DirectSource | undefined;
  readonly vault: TokenSource;
}

/** The outcome for one connection of `getAccessTokens`: a token or an error. */
export type AccessTokenResult =
  | { readonly token: AccessToken; readonly error?: never }
  | { readonly error: AnyVaultError; readonly token?: never };

/** The number of connections of a batch that are handled at once. */
const PARALLEL_REQUESTS = 10;
/** Requested so that Adobe sends a refresh token. No access token carries it. */
const NEVER_IN_A_TOKEN = 'offline_access';

/** One token: from memory, else read directly, else from the vault. Concurrent callers share the call. */
export function createAccessTokens({ cache, direct, vault }: AccessTokensDeps) {
  const flights = createSharedFlights<AccessToken>();
  const readAhead = createReadAhead(direct);

  /** From now on no earlier answer is used for this connection. */
  const forget = (connectionId: string): void => {
    cache.forget(connectionId);
    flights.forget(connectionId);
    readAhead.forget(connectionId);
  };

  const obtain = async (
    request: TokenRequest,
    { signal, isCurrent }: Flight,
    reading: Reading | undefined,
  ): Promise<AccessToken> => {
    try {
      const token = (await direct?.obtain(request, signal, reading)) ?? (await vault.obtain(request, signal));
      assertScopes(token, request);
      if (isCurrent()) cache.put(request, token);
      return token;
    } catch (error) {
      if (isCurrent() && saysThereIsNone(error)) forget(request.connectionId);
      throw error;
    }
  };

  /** Returns a cached token without a promise, because nearly every call ends here. */
  const get = (
    request: TokenRequest,
    signal: AbortSignal | undefined,
    reading?: Reading,
  ): AccessToken | Promise<AccessToken> => {
    signal?.throwIfAborted();
    return (
      cache.take(request) ??
      flights.join(
        request.connectionId,
        JSON.stringify(request),
        (flight) => obtain(request, flight, reading),
        signal,
      )
    );
  };

  /** One failure does not fail the others. */
  const getMany = async (
    connectionIds: Iterable<string>,
    requirement: AccessTokenOptions = {},
  ): Promise<ReadonlyMap<string, AccessTokenResult>> => {
    const results = new Map<string, AccessTokenResult>();
    const requests: TokenRequest[] = [];
    for (const connectionId of new Set(connectionIds)) {
      const request = requestOrError(connectionId, requirement);
      if ('connectionId' in request) requests.push(request);
      else results.set(connectionId, request);
    }
    for (let start = 0; start < requests.length; start += MOST_AT_ONCE) {
      const batch = requests.slice(start, start + MOST_AT_ONCE);
      const missing = batch.filter((request) => cache.take(request) === undefined);
      await readAhead.during(missing, requirement.signal, async (readingOf) => {
        const left = batch.values();
        const work = async (): Promise<void> => {
          // One iterator for all workers: each takes the next free request.
          for (const request of left) {
            const { connectionId } = request;
            const token = get(request, requirement.signal, readingOf(connectionId));
            results.set(connectionId, await resultOf(token));
          }
        };
        await Promise.all(Array.from({ length: PARALLEL_REQUESTS }, work));
      });
    }
    return results;
  };

  return { get, getMany, forget };
}

function saysThereIsNone(error: unknown): boolean {
  return error instanceof ConnectionNotFoundError || error instanceof ReauthorizationRequiredError;
}

/** A token with fewer scopes than requested would fail at Adobe, later and with a less clear error. */
function assertScopes({ scopes }: AccessToken, { scopeSet }: TokenRequest): void {
  const missing = scopeSet
    ?.split(' ')
    .filter((scope) => scope !== NEVER_IN_A_TOKEN && !scopes.includes(scope));
  if (missing === undefined || missing.length === 0) return;
  throw new ScopesNotGrantedError(`The user's grant does not cover ${missing.join(', ')}.`, scopes);
}

function requestOrError(
  connectionId: string,
  requirement: AccessTokenOptions,
): TokenRequest | AccessTokenResult {
  try {
    return tokenRequest(connectionId, requirement);
  } catch (error) {
    if (isVaultError(error)) return { error };
    throw error;
  }
}

async function resultOf(pending: AccessToken | Promise<AccessToken>): Promise<AccessTokenResult> {
  try {
    return { token: await pending };
  } catch (error) {
    if (isVaultError(error)) return { error };
    throw error;
  }
}

export interface ReadAhead {
  /** Reads a batch with one call, for as long as `work` makes tokens of it. */
  during(
    requests: readonly TokenRequest[],
    signal: AbortSignal | undefined,
    work: (readingOf: (connectionId: string) => Reading | undefined) => Promise<void>,
  ): Promise<void>;
  /** What was read of the connection, or is being read, is no longer used. */
  forget(connectionId: string): void;
}

/** What DynamoDB returned for many connections at once, except those that were forgotten since. */
function createReadAhead(direct: DirectSource | undefined): ReadAhead {
  /** For each batch in progress: the connections forgotten since it started. */
  const batches = new Set<Set<string>>();

  return {
    async during(requests, signal, work) {
      // A single connection is read when its turn comes.
      if (direct === undefined || requests.length < 2) return work(() => undefined);
      const forgotten = new Set<string>();
      batches.add(forgotten);
      try {
        const readings = await direct.readMany(requests, signal ?? new AbortController().signal);
        await work((connectionId) => (forgotten.has(connectionId) ? undefined : readings.get(connectionId)));
      } finally {
        batches.delete(forgotten);
      }
    },

    forget(connectionId) {
      for (const forgotten of batches) forgotten.add(connectionId);
    },
  };
}
