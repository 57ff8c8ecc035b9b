import { revocableTokens, type SealedAccessToken } from '../access-tokens/access-token-record.ts';
import { type Connection, leaseEndsAtMs } from '../connection/connection.ts';
import { accessRevocation } from '../connection/sealed-token.ts';
import { DAY_MS, SECOND_MS } from '../durations.ts';
import { PlatformError } from '../platform-error.ts';
import { type Revoked, revokeAtIms } from './revoke-at-ims.ts';
import { type Run, type StepResult, updateAsRead } from './run.ts';

/** It only has to tell a reader who looks that nothing is here. */
const TOMBSTONE_MS = DAY_MS;
const STORE_TRIES = 3;

/** `left`: revoking it could end the grant behind it. */
type Ending = Revoked | 'retry' | 'left';

interface Ended {
  readonly token: SealedAccessToken;
  readonly ending: Ending;
}

/**
 * Ends the cached access tokens of a connection that lives on. IMS first, then the tombstone: whoever dies in between has
 * left the token where the repeated request finds it. What IMS did not confirm is owed by the connection before the
 * tombstone takes its place. No lease: nothing here looks at the refresh token.
 */
export async function revokeAccessTokens(run: Run, connection: Connection): Promise<StepResult> {
  const ended: Ended[] = [];
  for (const token of await liveTokens(run, connection)) {
    ended.push({ token, ending: await endAtIms(run, connection, token) });
  }
  const open = ended.filter(({ ending }) => ending === 'retry').map(({ token }) => token);
  const owing = open.length === 0 ? connection : await owe(run, connection, open);
  if (owing === 'contended') return { outcome: { outcome: 'busy', retryAfterMs: SECOND_MS }, connection };
  const invalidated = await invalidateAll(run, ended);
  run.deps.telemetry.measure('AccessTokensInvalidated', invalidated, 'Count');
  const revokedAtAdobe = ended.length > 0 && ended.every(({ ending }) => isGoneAtIms(ending));
  return {
    outcome: { outcome: 'access-tokens-revoked', invalidated, revokedAtAdobe, pending: open.length > 0 },
    connection: owing,
  };
}

async function liveTokens(run: Run, { connectionId }: Connection): Promise<readonly SealedAccessToken[]> {
  const { accessTokens, clock } = run.deps;
  return revocableTokens(await accessTokens.list(connectionId), clock.nowMs());
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
 * Leaves what IMS has not confirmed to the connection's due time. Not beside a rotation: its commit plans the next due time from
 * what it read, and would forget this one.
 */
async function owe(
  run: Run,
  connection: Connection,
  tokens: readonly SealedAccessToken[],
): Promise<Connection | 'contended'> {
  let latest: Connection | undefined = connection;
  for (let tries = 0; tries < STORE_TRIES && latest?.generation === connection.generation; tries += 1) {
    const stored: Connection = latest;
    if (run.deps.clock.nowMs() < leaseEndsAtMs(stored)) return 'contended';
    const revocations = [...stored.revocations, ...tokens.map((token) => accessRevocation(token, stored))];
    const updated = await updateAsRead(run, stored, { revocations });
    if (updated.result === 'written') return updated.connection;
    latest = await run.deps.connections.read(connection.connectionId);
  }
  return 'contended';
}

async function invalidateAll(run: Run, ended: readonly Ended[]): Promise<number> {
  const { accessTokens, clock } = run.deps;
  const ttlEpochSeconds = Math.ceil((clock.nowMs() + TOMBSTONE_MS) / SECOND_MS);
  const results = await Promise.all(
    ended.map(({ token }) => accessTokens.invalidate(token, ttlEpochSeconds)),
  );
  return results.filter((result) => result === 'invalidated').length;
}

function isGoneAtIms(ending: Ending): boolean {
  return ending === 'revoked' || ending === 'already-gone' || ending === 'expired';
}
