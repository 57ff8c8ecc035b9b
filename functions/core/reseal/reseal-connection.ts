import { leaseEndsAtMs } from '../connection/connection.ts';
import { PlatformError } from '../platform-error.ts';
import type { ConnectionStore } from '../ports/connections.ts';
import type { Telemetry } from '../ports/events.ts';
import type { Clock } from '../ports/platform.ts';
import type { ResealOutcome } from './reseal-outcome.ts';
import { type SealAgainDeps, type SealedAgain, sealAgain } from './seal-again.ts';

export interface ResealConnectionDeps extends SealAgainDeps {
  readonly connections: Pick<ConnectionStore, 'read' | 'update'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly telemetry: Telemetry;
}

export type ResealConnection = (connectionId: string) => Promise<ResealOutcome>;

/**
 * Seals a connection's tokens under the present keys; nothing is redeemed, and its due time stays as it is. One conditional
 * write: whoever rotates, disconnects or adds a token meanwhile wins, and the job comes back.
 * @throws PlatformError ACCESS_DENIED, STORE_UNAVAILABLE
 */
export function createResealConnection(deps: ResealConnectionDeps): ResealConnection {
  return async (connectionId) => {
    const connection = await deps.connections.read(connectionId);
    if (connection === undefined) return { outcome: 'not-found' };
    if (deps.clock.nowMs() < leaseEndsAtMs(connection)) return { outcome: 'busy' };
    const resealed = await tryToSeal(deps, () => sealAgain(deps, connection), connectionId);
    if (resealed === 'key-unavailable') return { outcome: resealed };
    const { changes, tokens, unreadable } = resealed;
    if (unreadable > 0) {
      deps.telemetry.warn('A sealed token opens under no key and was left as it is.', { connectionId });
    }
    if (tokens === 0) return { outcome: 'unchanged', unreadable };
    const { refresh, previous, alternate, revocations } = connection;
    const written = await deps.connections.update({
      token: connection,
      changes,
      onlyIfLeasedBy: connection.lease?.runId ?? null,
      // An answer that keeps the refresh token, or an alternate, is stored under the same version.
      onlyIfTokensAre: { refresh, previous, alternate, revocations },
    });
    if (written === 'conflict') return { outcome: 'busy' };
    deps.telemetry.measure('TokensResealed', tokens, 'Count');
    return { outcome: 'resealed', tokens, unreadable };
  };
}

async function tryToSeal(
  { telemetry }: ResealConnectionDeps,
  seal: () => Promise<SealedAgain>,
  connectionId: string,
): Promise<SealedAgain | 'key-unavailable'> {
  try {
    return await seal();
  } catch (error) {
    if (!(error instanceof PlatformError) || error.code !== 'KEY_UNAVAILABLE') throw error;
    telemetry.error('Tokens could not be sealed again.', error, { connectionId });
    return 'key-unavailable';
  }
}
