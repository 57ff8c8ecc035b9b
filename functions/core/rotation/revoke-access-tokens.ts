import type { SealedAccessToken } from '../access-tokens/access-token-record.ts';
import { liveAccessTokens } from '../access-tokens/invalidate-access-tokens.ts';
import { type Connection, leaseEndsAtMs } from '../connection/connection.ts';
import { ACCESS_TOKEN_TOMBSTONE_LIFE_MS, ttlEpochSecondsAt } from '../connection/lifetime.ts';
import { retryConflicts } from '../connection/retry-conflicts.ts';
import { accessRevocation } from '../connection/sealed-token.ts';
import { PlatformError } from '../platform-error.ts';
import { SECOND_MS } from '../time-units.ts';
import { type Revoked, revokeAtIms } from './revoke-at-ims.ts';
import { type Run, type StepResult, updateAsRead } from './run.ts';

const STORE_TRIES = 3;

/** `left`: revoking it could end the grant behind it. */
type Ending = Revoked | 'retry' | 'left';

interface Ended {
  readonly token: SealedAccessToken;
  readonly ending: Ending;
}

/**
 * Ends the cached access tokens of a connection that lives on. IMS first, then the tombstone: a process that dies in
 * between leaves the token where the repeated request finds it. What IMS did not confirm becomes a pending revocation
 * before the tombstone takes its place. No lease: nothing here looks at the refresh token.
 */
export async function revokeAccessTokens(run: Run, connection: Connection): Promise<StepResult> {
  const ended: Ended[] = [];
  for (const token of await liveAccessTokens(run.deps, connection.connectionId)) {
    ended.push({ token, ending: await endAtIms(run, connection, token) });
  }
  const open = ended.filter(({ ending }) => ending === 'retry').map(({ token }) => token);
  const owing = open.length === 0 ? connection : await addRevocations(run, connection, open);
  if (owing === 'contended') return { outcome: { outcome: 'busy', retryAfterMs: SECOND_MS }, connection };
  const invalidated = await invalidateAll(run, ended);
  run.deps.telemetry.measure('AccessTokensInvalidated', invalidated, 'Count');
  const revokedAtAdobe = ended.length > 0 && ended.every(({ ending }) => isGoneAtIms(ending));
  return {
    outcome: { outcome: 'access-tokens-revoked', invalidated, revokedAtAdobe, pending: open.length > 0 },
    connection: owing,
  };
}

/** An access token may take its whole grant along (RFC 7009 §2.1): only where it is known not to is it revoked. */
async function endAtIms(run: Run, connection: Connection, token: SealedAccessToken): Promise<Ending> {
  const { settings, telemetry } = run.deps;
  if (settings.revocationScope !== 'token') return 'left';
  try {
    return await revokeAtIms(run, connection, accessRevocation(token, connection));
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
    const { connectionId } = connection;
    telemetry.error('An access token could not be revoked yet.', error, { connectionId });
    return 'retry';
  }
}

/**
 * Leaves what IMS has not confirmed to the connection's due time. Not during a rotation: its commit plans the next due
 * time from what it read, and would overlook this one.
 */
function addRevocations(
  { deps }: Run,
  connection: Connection,
  tokens: readonly SealedAccessToken[],
): Promise<Connection | 'contended'> {
  const { connectionId, generation } = connection;
  const read = () => deps.connections.read(connectionId);
  return retryConflicts<Connection | undefined, Connection | 'contended'>(
    { read, firstRead: { stored: connection }, maxTries: STORE_TRIES },
    async (stored) => {
      if (stored?.generation !== generation) return 'contended';
      if (deps.clock.nowMs() < leaseEndsAtMs(stored)) return 'contended';
      const added = tokens.map((token) => accessRevocation(token, stored));
      const updated = await updateAsRead(deps, stored, { revocations: [...stored.revocations, ...added] });
      return updated.kind === 'written' ? updated.connection : 'conflict';
    },
  );
}

async function invalidateAll(run: Run, ended: readonly Ended[]): Promise<number> {
  const { accessTokens, clock } = run.deps;
  const ttlEpochSeconds = ttlEpochSecondsAt(clock.nowMs() + ACCESS_TOKEN_TOMBSTONE_LIFE_MS);
  const results = await Promise.all(
    ended.map(({ token }) => accessTokens.invalidate(token, ttlEpochSeconds)),
  );
  return results.filter((result) => result === 'invalidated').length;
}

function isGoneAtIms(ending: Ending): boolean {
  return ending === 'revoked' || ending === 'already-gone' || ending === 'expired';
}
