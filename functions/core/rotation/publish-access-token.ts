import type { SealedAccessToken } from '../access-tokens/access-token-record.ts';
import { tokenDigest } from '../access-tokens/token-digest.ts';
import type { Connection } from '../connection/connection.ts';
import { DAY_MS, SECOND_MS } from '../durations.ts';
import type { ReceivedAccessToken } from '../ports/ims.ts';
import type { PreparedSeal } from '../ports/sealing.ts';
import type { RotationDeps } from './rotation-deps.ts';

/** Cached tokens are cleaned up a day after their end. */
const KEEP_AFTER_EXPIRY_MS = DAY_MS;

/** Seals an access token for the cache, under the generation and version its refresh token is stored as. */
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
    ...(rotateAtMs !== undefined && { rotateAtMs }),
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
  return Math.ceil((token.expiresAtMs + KEEP_AFTER_EXPIRY_MS) / SECOND_MS);
}
