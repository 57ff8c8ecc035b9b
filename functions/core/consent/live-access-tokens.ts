import { revocableTokens } from '../access-tokens/cached-access-tokens.ts';
import type { SealedAccessMaterial } from '../connection/sealed-token.ts';
import type { AccessTokenStore } from '../ports/access-tokens.ts';
import type { Clock } from '../ports/platform.ts';

interface LiveTokenDeps {
  readonly accessTokens: Pick<AccessTokenStore, 'list'>;
  readonly clock: Clock;
}

/** Access tokens of the user whose place is taken; read before the write, so that they cannot be forgotten by a crash. */
export async function liveAccessTokens(
  { accessTokens, clock }: LiveTokenDeps,
  connectionId: string,
): Promise<readonly SealedAccessMaterial[]> {
  return revocableTokens(await accessTokens.list(connectionId), clock.nowMs()).map(
    ({ generation, version, scopeSet, expiresAtMs, sealed }) => ({
      generation,
      version,
      scopeSet,
      expiresAtMs,
      sealed,
    }),
  );
}
