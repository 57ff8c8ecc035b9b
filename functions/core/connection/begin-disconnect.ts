import { type InvalidateDeps, invalidateAccessTokens } from '../access-tokens/invalidate-access-tokens.ts';
import type { Rotator } from '../ports/rotation.ts';
import type { Connection } from './connection.ts';
import { disconnectingConnection } from './disconnecting-connection.ts';
import { isFarAhead, mintGenerationAfter } from './generation.ts';
import { retryConflicts } from './retry-conflicts.ts';

export interface DisconnectDeps extends InvalidateDeps {
  readonly rotator: Rotator;
}

export type DisconnectResult =
  | { readonly result: 'disconnecting' }
  /** Unknown, or disconnected already. */
  | { readonly result: 'not-found' }
  /** Other writes keep coming first. Repeating the call finishes the disconnect. */
  | { readonly result: 'contended'; readonly retryAfterMs: number };

/** A rotation may commit between the read and the write. More than a few of those in a row are no longer a race. */
const MAX_TRIES = 5;
const RETRY_AFTER_MS = 2000;
const CONTENDED: DisconnectResult = { result: 'contended', retryAfterMs: RETRY_AFTER_MS };

/**
 * Makes a connection unusable at once: a new generation in state `disconnecting`, which no rotation, redeem or publish
 * of before can overwrite, then tombstones over its access tokens. Telling Adobe is left to `rotate`.
 * Repeating it is safe, and finishes what an interrupted call left behind. Throws `PlatformError`.
 */
export function createBeginDisconnect(deps: DisconnectDeps) {
  return async function beginDisconnect(connectionId: string): Promise<DisconnectResult> {
    const disconnecting = await bringInGeneration(deps, connectionId);
    if (disconnecting === 'not-found') return { result: 'not-found' };
    if (disconnecting === 'contended') return CONTENDED;
    // `rotate` must learn of the disconnect even when the access tokens could not be invalidated.
    const invalidated = await invalidateAccessTokens(deps, disconnecting).finally(() =>
      startRevoking(deps, connectionId),
    );
    return invalidated === 'settled' ? { result: 'disconnecting' } : CONTENDED;
  };
}

/** The first step. With `onlyOf`, a connection that is not (or no longer) of this person is left alone. */
export async function bringInGeneration(
  { connections, clock, random, telemetry }: DisconnectDeps,
  connectionId: string,
  onlyOf?: { readonly subjectKey: string },
): Promise<Connection | 'not-found' | 'contended'> {
  const read = () => connections.read(connectionId);
  return retryConflicts({ read, maxTries: MAX_TRIES }, async (stored) => {
    if (stored === undefined || stored.state === 'disconnected') return 'not-found';
    if (onlyOf && stored.subjectKey !== onlyOf.subjectKey) return 'not-found';
    const nowMs = clock.nowMs();
    // Else its tombstones would keep every later consent out of the cache.
    if (stored.state === 'disconnecting' && !isFarAhead(stored.generation, nowMs)) return stored;
    const generation = mintGenerationAfter(stored.generation, nowMs, random.bytes(10));
    const disconnecting = disconnectingConnection(stored, generation, nowMs);
    if ((await connections.begin(disconnecting, stored)) === 'conflict') return 'conflict';
    telemetry.measure('DisconnectsBegun', 1, 'Count');
    return disconnecting;
  });
}

/** Best effort: the due time is due now, so the reconciler finds it if this fails. */
export async function startRevoking(
  { rotator, telemetry }: DisconnectDeps,
  connectionId: string,
): Promise<void> {
  try {
    await rotator.start({ connectionId, trigger: 'disconnect' });
  } catch (error) {
    telemetry.error('The revocation could not be started; the reconciler will find it.', error, {
      connectionId,
    });
  }
}
