import type { PendingConsent } from '../../domain/consent.ts';
import { CONNECTION_CODE_LIFE_MS, type ConsentAttempt } from '../../domain/consent-attempt.ts';
import { personalClaims } from '../../domain/consent-claims.ts';
import { handleDigest } from '../../domain/consent-parameters.ts';
import type { ReceivedTokens } from '../../ports/ims.ts';
import type { Deadline } from '../deadline.ts';
import type { FinishDeps } from './finish-deps.ts';
import { persist } from './persist.ts';

type Kept = Omit<PendingConsent, 'codeDigest' | 'claims' | 'expiresAtMs' | 'redeemedAtMs'>;

/** Keeps a consent under the digest of its one-time code until the app's backend redeems it. */
export async function keepPending(
  { consents, clock }: Pick<FinishDeps, 'consents' | 'clock'>,
  attempt: ConsentAttempt,
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
