import type { Connection } from '../connection/connection.ts';
import { TOMBSTONE_LIFE_MS, ttlEpochSecondsAt } from '../connection/lifetime.ts';
import { pauseBeforeRetry, retryConflicts } from '../connection/retry-conflicts.ts';
import { accessRevocation } from '../connection/sealed-token.ts';
import { PlatformError } from '../platform-error.ts';
import type { AccessTokenStore } from '../ports/access-tokens.ts';
import type { ConnectionStore, ConnectionUpdate } from '../ports/connections.ts';
import type { Telemetry } from '../ports/events.ts';
import type { Clock, Random } from '../ports/platform.ts';
import { knownScopeSets, revocableTokens, type SealedAccessToken } from './access-token-record.ts';

export interface InvalidateDeps {
  readonly connections: ConnectionStore;
  readonly accessTokens: AccessTokenStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  /** `*` and the narrower ones. */
  readonly scopeSets: readonly string[];
}

/** `unsettled`: other processes kept writing first, so the revocation of a token is not stored yet. */
export type Invalidation = 'settled' | 'unsettled';

const STORE_ATTEMPTS = 3;
const WRITE_TRIES = 5;

/**
 * Writes tombstones of the disconnect's generation over all access tokens. The revocation of each live token is stored
 * before its tombstone replaces it: a process that dies in between must leave the token where the next call finds it.
 * @throws PlatformError when the store does not answer
 */
export async function invalidateAccessTokens(
  deps: InvalidateDeps,
  disconnecting: Connection,
): Promise<Invalidation> {
  const { connectionId, generation } = disconnecting;
  const cached = await retried(deps, () => deps.accessTokens.list(connectionId));
  const older = cached.filter((token) => token.kind !== 'token' || token.generation < generation);
  const stored = await storeRevocations(deps, disconnecting, revocableTokens(older, deps.clock.nowMs()));
  if (stored === 'unsettled') return stored;
  const results = await Promise.allSettled(
    knownScopeSets(deps.scopeSets, older).map((scopeSet) =>
      retried(deps, () => invalidateOlder(deps, disconnecting, scopeSet)),
    ),
  );
  const replaced = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
  // Published since the list was read. The revocation of most of them is stored by now.
  const late = await storeRevocations(deps, disconnecting, revocableTokens(replaced, deps.clock.nowMs()));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return late;
}

async function invalidateOlder(
  { accessTokens, clock }: InvalidateDeps,
  { connectionId, generation }: Connection,
  scopeSet: string,
): Promise<SealedAccessToken[]> {
  const ttlEpochSeconds = ttlEpochSecondsAt(clock.nowMs() + TOMBSTONE_LIFE_MS);
  const invalidated = await accessTokens.invalidateOlder(connectionId, scopeSet, generation, ttlEpochSeconds);
  return invalidated.kind === 'invalidated' && invalidated.replaced !== undefined
    ? [invalidated.replaced]
    : [];
}

/** Also settled when the connection has moved on: the write that moved it took over its pending revocations. */
async function storeRevocations(
  deps: InvalidateDeps,
  { connectionId, generation }: Connection,
  tokens: readonly SealedAccessToken[],
): Promise<Invalidation> {
  if (tokens.length === 0) return 'settled';
  const read = () => retried(deps, () => deps.connections.read(connectionId));
  const written = await retryConflicts({ read, maxTries: WRITE_TRIES, pauseWith: deps }, async (stored) => {
    if (stored?.generation !== generation || stored.state !== 'disconnecting') return 'settled';
    const missing = tokens.filter((token) => !isPending(stored, token));
    if (missing.length === 0) return 'settled';
    return retried(deps, () => deps.connections.update(withRevocationsOf(stored, missing)));
  });
  if (written !== 'contended') return 'settled';
  deps.telemetry.error('The revocation of an access token could not be stored yet.', undefined, {
    connectionId,
  });
  return 'unsettled';
}

/** An earlier try may have been stored although its response was lost. */
function isPending({ revocations }: Connection, { sealed }: SealedAccessToken): boolean {
  return revocations.some(({ kind, token }) => kind === 'access' && Buffer.from(token.sealed).equals(sealed));
}

function withRevocationsOf(stored: Connection, tokens: readonly SealedAccessToken[]): ConnectionUpdate {
  return {
    expected: stored,
    changes: {
      // While disconnecting, the version numbers the list of revocations: a run that revokes by an older list conflicts.
      version: stored.version + 1,
      revocations: [...stored.revocations, ...tokens.map((token) => accessRevocation(token, stored))],
    },
    onlyIfState: 'disconnecting',
    onlyIfRevocationsAre: stored.revocations.length,
  };
}

async function retried<Value>(deps: InvalidateDeps, run: () => Promise<Value>): Promise<Value> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof PlatformError) || attempt >= STORE_ATTEMPTS) throw error;
      await pauseBeforeRetry(deps, attempt);
    }
  }
}

/** The cached access tokens of a connection that still live and are worth revoking. */
export async function liveAccessTokens(
  { accessTokens, clock }: { readonly accessTokens: Pick<AccessTokenStore, 'list'>; readonly clock: Clock },
  connectionId: string,
): Promise<readonly SealedAccessToken[]> {
  return revocableTokens(await accessTokens.list(connectionId), clock.nowMs());
}
