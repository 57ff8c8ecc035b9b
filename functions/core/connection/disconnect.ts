import { type InvalidateDeps, invalidateAccessTokens } from '../access-tokens/invalidate-access-tokens.ts';
import { defined } from '../defined.ts';
import type { Rotator } from '../ports/rotation.ts';
import { displacedTokens } from '../rotation/successor.ts';
import type { Connection } from './connection.ts';
import { isFarAhead, mintGenerationAfter } from './generation.ts';
import { retryConflicts } from './retry-conflicts.ts';
import type { PendingRevocation } from './sealed-token.ts';

export interface DisconnectDeps extends InvalidateDeps {
  readonly rotator: Rotator;
}

export type DisconnectResult =
  | { readonly outcome: 'disconnecting' }
  /** Unknown, or disconnected already. */
  | { readonly outcome: 'not-found' }
  /** Other processes kept writing first. Repeating the call completes the disconnect. */
  | { readonly outcome: 'contended'; readonly retryAfterMs: number };

/** A rotation may commit between the read and the write. More than a few of those in a row are no longer a race. */
const MAX_TRIES = 5;
const RETRY_AFTER_MS = 2000;
const CONTENDED: DisconnectResult = { outcome: 'contended', retryAfterMs: RETRY_AFTER_MS };

/**
 * Makes a connection unusable at once. First it stores a new generation in state `disconnecting`, which no earlier rotation,
 * redemption or publication can overwrite. Then it writes tombstones over the access tokens. `rotate` then
 * revokes refresh and access tokens at Adobe (rotation/revoke.ts).
 * Repeating it is safe, and completes what an interrupted call left behind.
 *
 * @throws PlatformError
 */
export function createBeginDisconnect(deps: DisconnectDeps) {
  return async function beginDisconnect(connectionId: string): Promise<DisconnectResult> {
    const disconnecting = await startDisconnecting(deps, connectionId);
    if (disconnecting === 'not-found') return { outcome: 'not-found' };
    if (disconnecting === 'contended') return CONTENDED;
    // `rotate` must learn of the disconnect even when the access tokens could not be invalidated.
    const invalidated = await invalidateAccessTokens(deps, disconnecting).finally(() =>
      startRevoking(deps, connectionId),
    );
    return invalidated === 'settled' ? { outcome: 'disconnecting' } : CONTENDED;
  };
}

/** The first step. With `onlyOf`, it leaves a connection alone that does not (or no longer) belong to this person. */
export async function startDisconnecting(
  { connections, clock, random, telemetry }: DisconnectDeps,
  connectionId: string,
  onlyOf?: { readonly subjectKey: string },
): Promise<Connection | 'not-found' | 'contended'> {
  const read = () => connections.read(connectionId);
  return retryConflicts({ read, maxTries: MAX_TRIES }, async (stored) => {
    if (stored === undefined || stored.state === 'disconnected') return 'not-found';
    if (onlyOf && stored.subjectKey !== onlyOf.subjectKey) return 'not-found';
    const nowMs = clock.nowMs();
    // A generation far ahead is replaced: its tombstones would keep every later consent out of the cache.
    if (stored.state === 'disconnecting' && !isFarAhead(stored.generation, nowMs)) return stored;
    const generation = mintGenerationAfter(stored.generation, nowMs, random.bytes(10));
    const disconnecting = disconnectingConnection(stored, generation, nowMs);
    if ((await connections.replaceGeneration(disconnecting, stored)) === 'conflict') return 'conflict';
    telemetry.measure('DisconnectsBegun', 1, 'Count');
    return disconnecting;
  });
}

/** Best effort: the connection is due now, so the reconciler finds it if this fails. */
export async function startRevoking(
  { rotator, telemetry }: DisconnectDeps,
  connectionId: string,
): Promise<void> {
  try {
    await rotator.start({ connectionId, trigger: 'disconnect' });
  } catch (error) {
    telemetry.error('The revocation could not be started. The reconciler will start it.', error, {
      connectionId,
    });
  }
}

/**
 * The item that a disconnect writes. Nothing in it can be rotated or vended, and `revocations` holds every token that Adobe
 * must revoke. Refresh tokens come first: revoking one may revoke its access tokens as well (RFC 7009 §2.1).
 */
export function disconnectingConnection(
  connection: Connection,
  generation: string,
  nowMs: number,
): Connection {
  const { connectionId, clientId, subject, subjectKey, grantedScopes, sliding } = connection;
  const { connectedAtMs, rotatedAtMs, refreshExpiresAtMs, outbox, consentUnderWay } = connection;
  return {
    connectionId,
    generation,
    version: 0,
    state: 'disconnecting',
    clientId,
    ...defined({ subject, subjectKey }),
    grantedScopes,
    renewable: false,
    sliding,
    commitIds: [],
    connectedAtMs,
    ...defined({ rotatedAtMs }),
    // Until then, retrying the revocation is worth it.
    ...defined({ refreshExpiresAtMs }),
    // The user may be in the browser again: that consent is not the one that ends here.
    ...(consentUnderWay && { consentUnderWay }),
    dueAtMs: nowMs,
    failures: 0,
    outbox,
    revocations: [...refreshRevocations(connection, nowMs), ...connection.revocations],
  };
}

function refreshRevocations(connection: Connection, nowMs: number): PendingRevocation[] {
  const { refresh, previous, alternate, subjectKey } = connection;
  return [refresh, previous, alternate, ...displacedTokens(connection, nowMs)]
    .filter((token) => token !== undefined)
    .map((token) => ({ kind: 'refresh', token, ...(subjectKey !== undefined && { subjectKey }) }));
}
