import type { SealedAccessToken } from '../access-tokens/access-token-record.ts';
import { knownScopeSets } from '../access-tokens/cached-access-tokens.ts';
import type { Connection } from '../connection/connection.ts';
import { EVERYTHING_GRANTED } from '../connection/sealed-token.ts';
import type { Deadline } from '../deadline.ts';
import { DAY_MS, SECOND_MS } from '../durations.ts';
import type { AccessTokenStore } from '../ports/access-tokens.ts';
import type { Clock } from '../ports/platform.ts';
import { ttlEpochSecondsOf } from '../rotation/publish.ts';
import { persist } from './persist.ts';

export interface PublishDeps {
  readonly accessTokens: AccessTokenStore;
  readonly clock: Clock;
  /** `*` and the narrower ones. */
  readonly scopeSets: readonly string[];
}

/** Longer than any publish of an older generation can be under way. */
const TOMBSTONE_LIFE_MS = 7 * DAY_MS;

/**
 * Puts the consent's access token into the cache, and tombstones of its generation over every other token that is or may
 * be there. Both give way to nothing but something newer, so repeating it is safe. Throws `PlatformError` when time is up.
 */
export async function publishConsent(
  { accessTokens, clock, scopeSets }: PublishDeps,
  { connectionId, generation }: Connection,
  accessToken: SealedAccessToken | undefined,
  deadline: Deadline,
): Promise<void> {
  const ttlEpochSeconds = Math.ceil((clock.nowMs() + TOMBSTONE_LIFE_MS) / SECOND_MS);
  const invalidateOlder = (scopeSet: string) =>
    persist(clock, deadline, () =>
      accessTokens.invalidateOlder(connectionId, scopeSet, generation, ttlEpochSeconds),
    );
  const publish = (token: SealedAccessToken) =>
    persist(clock, deadline, () => accessTokens.publish(token, ttlEpochSecondsOf(token)));
  const invalidateOthers = async () => {
    const cached = await persist(clock, deadline, () => accessTokens.list(connectionId));
    const known = knownScopeSets(scopeSets, cached);
    const others = accessToken ? known.filter((scopeSet) => scopeSet !== EVERYTHING_GRANTED) : known;
    await Promise.all(others.map(invalidateOlder));
  };
  await Promise.all([accessToken && publish(accessToken), invalidateOthers()]);
}
