import type { ReceivedTokens } from '../../functions/core/ports/ims.ts';
import type { Secret } from '../../functions/core/secret.ts';

/** Of one and the same person's tokens, in one process: timing tells nobody anything. */
export const sameToken = (one: Secret, other: Secret): boolean => one.reveal() === other.reveal();

/** When the refresh token ends, as far as the tokens say. */
export const refreshEndMs = ({ hints }: ReceivedTokens): number | undefined =>
  hints.rteaMs ?? hints.refreshTokenExpiresAtMs;
