import { type SealedAccessToken, tokenDigest } from '../access-tokens/access-token-record.ts';
import { type Connection, keptOf } from '../connection/connection.ts';
import { ttlEpochSecondsAt } from '../connection/lifetime.ts';
import { defined } from '../defined.ts';
import { reasonInLog } from '../platform-error.ts';
import type { ReceivedAccessToken } from '../ports/ims.ts';
import type { PreparedSeal } from '../ports/sealing.ts';
import { DAY_MS, SECOND_MS } from '../time-units.ts';
import { type RotationDeps, type Run, updateAsRead } from './run.ts';

/** Cached tokens are cleaned up a day after their end. */
const KEEP_AFTER_EXPIRY_MS = DAY_MS;

/** Seals an access token for the cache, under the generation and version of the stored refresh token. */
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
    ...defined({ rotateAtMs }),
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

type OutboxDeps = Pick<RotationDeps, 'events' | 'schedules' | 'clock' | 'telemetry'> & {
  readonly connections: Pick<RotationDeps['connections'], 'update'>;
};

/** Publishes the events of a run. Failing costs a later due time, and the oldest events once too many wait. */
export async function publishOutbox({ deps }: Run, connection: Connection): Promise<void> {
  const { connectionId, outbox } = connection;
  const { notPublished, notRemoved } = await emptyOutbox(deps, connection);
  if (notPublished) {
    const message = 'Events could not be published; they stay in the outbox.';
    deps.telemetry.error(message, notPublished.error, { connectionId });
    deps.telemetry.measure('EventsNotPublished', outbox.length, 'Count');
  }
  if (notRemoved) {
    const reason = reasonInLog(notRemoved.error);
    const message = 'Published events stay in the outbox and will come once more.';
    deps.telemetry.warn(message, { connectionId, reason });
  }
}

export interface OutboxResult {
  /** The outbox is shorter, and the schedule of the due time that remains is created. */
  readonly emptied: boolean;
  readonly notPublished?: Failure;
  readonly notRemoved?: Failure;
}

interface Failure {
  readonly error: unknown;
}

/**
 * Publishes the outbox of a stored connection, and removes from it what was accepted and the oldest of too many events.
 * At least once: a crash in between publishes again, under the same event id. What stays in the outbox has a due time.
 */
export async function emptyOutbox(deps: OutboxDeps, connection: Connection): Promise<OutboxResult> {
  const { outbox } = connection;
  if (outbox.length === 0) return { emptied: false };
  const { accepted, ...failed } = await publish(deps, connection);
  const remaining = keptOf(outbox.filter(({ id }) => !accepted.includes(id)));
  if (remaining.length === outbox.length) return { emptied: false, ...failed };
  try {
    const onlyIfOutboxIs = outbox.map(({ id }) => id);
    const updated = await updateAsRead(deps, connection, { outbox: remaining }, { onlyIfOutboxIs });
    return { emptied: updated.kind === 'written', ...failed };
  } catch (error) {
    return { emptied: false, ...failed, notRemoved: { error } };
  }
}

async function publish(
  { events }: OutboxDeps,
  { connectionId, outbox }: Connection,
): Promise<{ readonly accepted: readonly string[]; readonly notPublished?: Failure }> {
  try {
    return { accepted: await events.publish(connectionId, outbox) };
  } catch (error) {
    return { accepted: [], notPublished: { error } };
  }
}
