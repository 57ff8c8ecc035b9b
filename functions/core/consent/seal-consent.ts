import type { SealedAccessToken } from '../access-tokens/access-token-record.ts';
import type { Connection } from '../connection/connection.ts';
import { profileOf } from '../connection/connection-id.ts';
import { mintGenerationAfter } from '../connection/generation.ts';
import { firstRefreshLife } from '../connection/lifetime.ts';
import { EVERYTHING_GRANTED } from '../connection/sealed-token.ts';
import type { ReceivedTokens } from '../ports/ims.ts';
import { sealAccessToken } from '../rotation/publish.ts';
import type { CompleteDeps } from './complete-deps.ts';
import { connectionOf } from './consent-connection.ts';
import type { PreparedPlace } from './prepare-exchange.ts';
import { randomHandle } from './random-handle.ts';

/** A consent as it will be stored: nothing of it is readable but by the holder of the right key. */
export interface SealedConsent {
  readonly connection: Connection;
  /** Absent when IMS gave none. */
  readonly accessToken?: SealedAccessToken;
}

/** Seals what IMS gave under a generation of its own, later than what is stored. No network. */
export function sealConsent(
  { clock, random, settings }: Pick<CompleteDeps, 'clock' | 'random' | 'settings'>,
  place: PreparedPlace,
  tokens: ReceivedTokens,
  askedScopes: readonly string[],
): SealedConsent {
  const nowMs = clock.nowMs();
  const { connectionId, stored, refreshSeal, accessSeal } = place;
  const { clientId } = settings;
  const generation = mintGenerationAfter(stored?.generation, nowMs, random.bytes(10));
  const { refreshToken, accessToken, subject, idTokenClaims, hints } = tokens;
  const profile = settings.storeProfile && idTokenClaims ? profileOf(idTokenClaims) : undefined;
  const connection = connectionOf({
    connectionId,
    clientId,
    generation,
    ...(subject !== undefined && { subject }),
    ...(profile && { profile }),
    grantedScopes: accessToken?.scopes ?? askedScopes,
    ...(refreshToken && {
      refresh: {
        sealed: refreshSeal.seal(refreshToken, {
          purpose: 'refresh',
          connectionId,
          clientId,
          generation,
          version: 1,
        }),
        life: firstRefreshLife(nowMs, hints),
      },
    }),
    commitId: randomHandle(random, 16),
    consentedAtMs: nowMs,
  });
  if (accessToken === undefined) return { connection };
  return {
    connection,
    accessToken: sealAccessToken(connection, accessToken, accessSeal, nowMs, EVERYTHING_GRANTED),
  };
}
