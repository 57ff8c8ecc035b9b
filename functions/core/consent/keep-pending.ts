import type { Deadline } from '../deadline.ts';
import type { ReceivedTokens } from '../ports/ims.ts';
import type { CompleteDeps } from './complete-deps.ts';
import type { PendingConsent } from './consent.ts';
import { personalClaims } from './consent-claims.ts';
import { handleDigest } from './consent-parameters.ts';
import { persist } from './persist.ts';
import { type AuthorizationTransaction, CONNECTION_CODE_LIFE_MS } from './transaction.ts';

type Kept = Omit<PendingConsent, 'codeDigest' | 'claims' | 'expiresAtMs' | 'redeemedAtMs'>;

/** Keeps a consent under the digest of its one-time code until the app's backend redeems it. */
export async function keepPending(
  { consents, clock }: Pick<CompleteDeps, 'consents' | 'clock'>,
  attempt: AuthorizationTransaction,
  tokens: ReceivedTokens,
  kept: Kept,
  deadline: Deadline,
): Promise<void> {
  const { idTokenClaims, subject } = tokens;
  const pending: PendingConsent = {
    ...kept,
    codeDigest: handleDigest(attempt.connectionCode.reveal()),
    ...(idTokenClaims && subject === kept.connection.subject && { claims: personalClaims(idTokenClaims) }),
    expiresAtMs: clock.nowMs() + CONNECTION_CODE_LIFE_MS,
  };
  await persist(clock, deadline, () => consents.keepPending(pending));
}
