import { leaseEndsAtMs } from '../../domain/lease.ts';
import { PlatformFault } from '../../domain/platform-fault.ts';
import type { ResealOutcome } from '../../domain/reseal-outcome.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ConnectionStore } from '../../ports/connection-store.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { type SealAnewDeps, type SealedAnew, sealAnew } from './seal-anew.ts';

export interface ResealConnectionDeps extends SealAnewDeps {
  readonly connections: Pick<ConnectionStore, 'read' | 'amend'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly telemetry: Telemetry;
}

export type ResealConnection = (connectionId: string) => Promise<ResealOutcome>;

/**
 * Seals a connection's tokens under the present keys; nothing is redeemed, and its wake stays as it is. One conditional
 * write: whoever rotates, disconnects or adds a token meanwhile wins, and the job comes back.
 * @throws PlatformFault ACCESS_DENIED, STORE_UNAVAILABLE
 */
export function createResealConnection(deps: ResealConnectionDeps): ResealConnection {
  return async (connectionId) => {
    const connection = await deps.connections.read(connectionId);
    if (connection === undefined) return { outcome: 'not-found' };
    if (deps.clock.nowMs() < leaseEndsAtMs(connection)) return { outcome: 'busy' };
    const anew = await tryToSeal(deps, () => sealAnew(deps, connection), connectionId);
    if (anew === 'key-unavailable') return { outcome: anew };
    const { changes, tokens, unreadable } = anew;
    if (unreadable > 0) {
      deps.telemetry.warn('A sealed token opens under no key and was left as it is.', { connectionId });
    }
    if (tokens === 0) return { outcome: 'unchanged', unreadable };
    const { refresh, previous, alternate, revocations } = connection;
    const written = await deps.connections.amend({
      token: connection,
      changes,
      onlyIfLeasedBy: connection.lease?.attemptId ?? null,
      // An answer that keeps the refresh token, or an alternate, is stored under the same version.
      onlyIfTokensAre: { refresh, previous, alternate, revocations },
    });
    if (written === 'lost') return { outcome: 'busy' };
    deps.telemetry.measure('TokensResealed', tokens, 'Count');
    return { outcome: 'resealed', tokens, unreadable };
  };
}

async function tryToSeal(
  { telemetry }: ResealConnectionDeps,
  seal: () => Promise<SealedAnew>,
  connectionId: string,
): Promise<SealedAnew | 'key-unavailable'> {
  try {
    return await seal();
  } catch (fault) {
    if (!(fault instanceof PlatformFault) || fault.code !== 'KEY_UNAVAILABLE') throw fault;
    telemetry.error('Tokens could not be sealed anew.', fault, { connectionId });
    return 'key-unavailable';
  }
}
