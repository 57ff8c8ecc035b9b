import type { SealedAccessToken } from '../../domain/access-token-record.ts';
import type { Connection } from '../../domain/connection.ts';
import { accessRevocation } from '../../domain/pending-revocation.ts';
import { PlatformFault } from '../../domain/platform-fault.ts';
import type { AccessTokenStore } from '../../ports/access-token-store.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ConnectionStore } from '../../ports/connection-store.ts';
import type { Random } from '../../ports/random.ts';
import type { Telemetry } from '../../ports/telemetry.ts';

export interface BuryDeps {
  readonly connections: ConnectionStore;
  readonly accessTokens: AccessTokenStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  /** `*` and the narrower ones. */
  readonly scopeSets: readonly string[];
}

/** As long as the connection's own tombstone is kept. */
const TOMBSTONE_SECONDS = 7 * 24 * 3600;
const MAX_ATTEMPTS = 3;
const PAUSE_MS = 100;

/**
 * Writes tombstones of the disconnect's generation over all access tokens, and hands those that are still alive to the
 * revocation. Throws `PlatformFault` when a tombstone could not be written: the token could still be vended.
 */
export async function buryAccessTokens(deps: BuryDeps, disconnecting: Connection): Promise<void> {
  const results = await Promise.allSettled(
    deps.scopeSets.map((scopeSet) => retried(deps, () => bury(deps, disconnecting, scopeSet))),
  );
  const tokens = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
  const alive = tokens.filter(({ expiresAtMs }) => expiresAtMs > deps.clock.nowMs());
  if (alive.length > 0) await handToRevocation(deps, disconnecting, alive);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

async function bury(
  { accessTokens, clock }: BuryDeps,
  { connectionId, generation }: Connection,
  scopeSet: string,
): Promise<SealedAccessToken[]> {
  const ttlEpochSeconds = Math.floor(clock.nowMs() / 1000) + TOMBSTONE_SECONDS;
  const buried = await accessTokens.bury(connectionId, scopeSet, generation, ttlEpochSeconds);
  return buried.result === 'buried' && buried.replaced !== undefined ? [buried.replaced] : [];
}

/**
 * Best effort: an access token that is not revoked ends by itself within a day, and revoking its refresh token may have
 * ended it already.
 */
async function handToRevocation(
  deps: BuryDeps,
  { connectionId, generation }: Connection,
  tokens: readonly SealedAccessToken[],
): Promise<void> {
  const amendOnce = async (): Promise<boolean> => {
    const stored = await deps.connections.read(connectionId);
    if (stored?.generation !== generation || stored.state !== 'disconnecting') return true;
    const written = await deps.connections.amend({
      token: stored,
      changes: {
        // While disconnecting the version numbers the list of revocations: whoever is revoking by an older one loses.
        version: stored.version + 1,
        revocations: [...stored.revocations, ...tokens.map((token) => accessRevocation(token, stored))],
      },
      onlyIfState: 'disconnecting',
      onlyIfRevocationsAre: stored.revocations.length,
    });
    return written === 'written';
  };
  try {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) if (await retried(deps, amendOnce)) return;
  } catch (fault) {
    if (!(fault instanceof PlatformFault)) throw fault;
    deps.telemetry.error('An access token will end by itself instead of being revoked.', fault, {
      connectionId,
    });
  }
}

async function retried<Value>({ clock, random }: BuryDeps, run: () => Promise<Value>): Promise<Value> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (fault) {
      if (!(fault instanceof PlatformFault) || attempt >= MAX_ATTEMPTS) throw fault;
      const [byte = 0] = random.bytes(1);
      await clock.sleep(PAUSE_MS * attempt * (0.5 + byte / 255));
    }
  }
}
