import type { Secret } from '../../core/domain/secret.ts';
import type { ReceivedTokens } from '../../core/ports/ims.ts';

/** Of one and the same person's tokens, in one process: timing tells nobody anything. */
export const sameToken = (one: Secret, other: Secret): boolean => one.reveal() === other.reveal();

/** When the refresh token ends, as far as the tokens say. */
export const refreshEndMs = ({ hints }: ReceivedTokens): number | undefined =>
  hints.rteaMs ?? hints.refreshTokenExpiresAtMs;
