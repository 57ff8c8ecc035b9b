import { type SealedAccessToken, tokenDigest } from '../access-tokens/access-token-record.ts';
import { type Connection, keptOf } from '../connection/connection.ts';
import { ttlEpochSecondsAt } from '../connection/lifetime.ts';
import { DAY_MS, SECOND_MS } from '../durations.ts';
import type { ReceivedAccessToken } from '../ports/ims.ts';
import type { PreparedSeal } from '../ports/sealing.ts';
import { type RotationDeps, type Run, updateAsRead } from './run.ts';

/** Cached tokens are cleaned up a day after their end. */
const KEEP_AFTER_EXPIRY_MS = DAY_MS;

/** Seals an access token for the cache, under the generation and version its refresh token is stored as. */
export function sealAccessToken(
  connection: Connection,
  received: ReceivedAccessToken,
  seal: PreparedSeal,
  receivedAtMs: number,
  scopeSet: string,
): SealedAccessToken {
  const { connectionId, clientId, generation, version, rotateAtMs } = connection;
  const expiresAtMs = receivedAtMs + received.expiresInSeconds * SECOND_MS;
  return {
    kind: 'token',
    connectionId,
    clientId,
    generation,
    version,
    scopeSet,
    expiresAtMs,
    sealed: seal.seal(received.token, {
      purpose: 'access',
      connectionId,
      clientId,
      generation,
      version,
      scopeSet,
      expiresAtMs,
    }),
    issuedAtMs: receivedAtMs,
    scopes: received.scopes ?? (scopeSet === '*' ? connection.grantedScopes : scopeSet.split(' ')),
    digest: tokenDigest(received.token),
    ...(rotateAtMs !== undefined && { rotateAtMs }),
  };
}

/** Best effort: a token that cannot be cached costs the next reader one refresh. */
export async function publishAccessToken(
  deps: Pick<RotationDeps, 'accessTokens' | 'telemetry'>,
  token: SealedAccessToken,
): Promise<void> {
  try {
    await deps.accessTokens.publish(token, ttlEpochSecondsOf(token));
  } catch (error) {
    deps.telemetry.error('An access token could not be published; the next reader refreshes.', error, {
      connectionId: token.connectionId,
    });
  }
}

export function ttlEpochSecondsOf(token: Pick<SealedAccessToken, 'expiresAtMs'>): number {
  return ttlEpochSecondsAt(token.expiresAtMs + KEEP_AFTER_EXPIRY_MS);
}

type OutboxDeps = Pick<RotationDeps, 'connections' | 'events' | 'schedules' | 'clock' | 'telemetry'>;

/**
 * Publishes what the outbox holds and clears what was accepted. At least once: a crash in between publishes again, under
 * the same event id. Failing costs a later due time, and the oldest events once too many wait.
 */
export async function publishOutbox({ deps }: Run, connection: Connection): Promise<Connection> {
  const { outbox } = connection;
  if (outbox.length === 0) return connection;
  const accepted = await publish(deps, connection);
  const remaining = keptOf(outbox.filter(({ id }) => !accepted.has(id)));
  if (remaining.length === outbox.length) return connection;
  try {
    const onlyIfOutboxIs = outbox.map(({ id }) => id);
    return (await updateAsRead(deps, connection, { outbox: remaining }, { onlyIfOutboxIs })).connection;
  } catch (error) {
    deps.telemetry.warn('Published events stay in the outbox and will come once more.', {
      connectionId: connection.connectionId,
      reason: error instanceof Error ? error.name : 'unknown',
    });
    return connection;
  }
}

async function publish(deps: OutboxDeps, { connectionId, outbox }: Connection): Promise<ReadonlySet<string>> {
  try {
    return new Set(await deps.events.publish(connectionId, outbox));
  } catch (error) {
    deps.telemetry.error('Events could not be published; they stay in the outbox.', error, { connectionId });
    deps.telemetry.measure('EventsNotPublished', outbox.length, 'Count');
    return new Set();
  }
}
