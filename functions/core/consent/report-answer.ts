import type { TokenAnswer } from '../ports/ims.ts';
import type { ClassifiedAnswer } from './classify-answer.ts';
import type { CompleteDeps } from './complete-deps.ts';

/**
 * Tells operators how IMS answered an exchange. The breakers are not told: anybody may bring a code, and whatever IMS says of
 * it must not stop the fleet. The next rotation finds out by itself whether the credential is refused.
 */
export function reportAnswer(
  { telemetry }: Pick<CompleteDeps, 'telemetry'>,
  answer: TokenAnswer,
  classified: ClassifiedAnswer,
): void {
  const debugId = answer.debugId === undefined ? {} : { imsDebugId: answer.debugId };
  if (classified.kind === 'tokens') {
    const { anomalies } = classified.tokens;
    if (anomalies.length > 0) telemetry.warn('Adobe answered oddly.', { anomalies, ...debugId });
    return;
  }
  const { error } = classified;
  if (answer.kind !== 'misconfigured') {
    telemetry.warn('Adobe gave no tokens for a code.', { error, ...debugId });
    return;
  }
  telemetry.error('Adobe refused the credential or its settings.', undefined, { error, ...debugId });
  telemetry.measure('CredentialRefused', 1, 'Count');
}
