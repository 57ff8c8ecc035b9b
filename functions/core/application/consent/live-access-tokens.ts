import type { SealedAccessToken } from '../../domain/access-token-record.ts';
import type { SealedAccessMaterial } from '../../domain/pending-revocation.ts';
import type { AccessTokenStore } from '../../ports/access-token-store.ts';
import type { Clock } from '../../ports/clock.ts';

interface LiveTokenDeps {
  readonly accessTokens: Pick<AccessTokenStore, 'read'>;
  readonly clock: Clock;
  /** `*` and the narrower ones. */
  readonly scopeSets: readonly string[];
}

/** Access tokens of the user whose place is taken; read before the write, so that they cannot be forgotten by a crash. */
export async function liveAccessTokens(
  { accessTokens, clock, scopeSets }: LiveTokenDeps,
  connectionId: string,
): Promise<readonly SealedAccessMaterial[]> {
  const records = await Promise.all(scopeSets.map((scopeSet) => accessTokens.read(connectionId, scopeSet)));
  return records
    .filter((record): record is SealedAccessToken => record?.kind === 'token')
    .filter(({ expiresAtMs }) => expiresAtMs > clock.nowMs())
    .map(({ generation, version, scopeSet, expiresAtMs, sealed }) => ({
      generation,
      version,
      scopeSet,
      expiresAtMs,
      sealed,
    }));
}
