import type { TokenAnswer } from '../../ports/ims.ts';
import type { FinishDeps } from './finish-deps.ts';
import type { JudgedAnswer } from './judge-answer.ts';

/**
 * Tells operators how IMS answered an exchange. The breakers are not told: anybody may bring a code, and whatever IMS says of
 * it must not stop the fleet. The next rotation finds out by itself whether the credential is refused.
 */
export function reportAnswer(
  { telemetry }: Pick<FinishDeps, 'telemetry'>,
  answer: TokenAnswer,
  judged: JudgedAnswer,
): void {
  const debugId = answer.debugId === undefined ? {} : { imsDebugId: answer.debugId };
  if (judged.kind === 'tokens') {
    const { oddities } = judged.tokens;
    if (oddities.length > 0) telemetry.warn('Adobe answered oddly.', { oddities, ...debugId });
    return;
  }
  const { error } = judged;
  if (answer.kind !== 'misconfigured') {
    telemetry.warn('Adobe gave no tokens for a code.', { error, ...debugId });
    return;
  }
  telemetry.error('Adobe refused the credential or its settings.', undefined, { error, ...debugId });
  telemetry.measure('CredentialRefused', 1, 'Count');
}
