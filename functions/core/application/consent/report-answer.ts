import type { TokenAnswer } from '../../ports/ims.ts';
import { tellBreakers } from '../rotation/record-attempt.ts';
import type { FinishDeps } from './finish-deps.ts';
import type { JudgedAnswer } from './judge-answer.ts';

/** A plain sign-in has no connection yet; the breakers count connections only for other errors than this one. */
const NO_CONNECTION = 'sign-in';

/** Tells operators and breakers how IMS answered an exchange. A refused credential stops the fleet as well. */
export async function reportAnswer(
  deps: Pick<FinishDeps, 'breakers' | 'clock' | 'telemetry'>,
  answer: TokenAnswer,
  judged: JudgedAnswer,
): Promise<void> {
  const debugId = answer.debugId === undefined ? {} : { imsDebugId: answer.debugId };
  if (judged.kind === 'tokens') {
    const { oddities } = judged.tokens;
    if (oddities.length > 0) deps.telemetry.warn('Adobe answered oddly.', { oddities, ...debugId });
    return;
  }
  const { error } = judged;
  if (answer.kind !== 'misconfigured') {
    deps.telemetry.warn('Adobe gave no tokens for a code.', { error, ...debugId });
    return;
  }
  deps.telemetry.error('Adobe refused the credential or its settings.', undefined, { error, ...debugId });
  deps.telemetry.measure('CredentialRefused', 1, 'Count');
  if (error !== 'invalid_client') return;
  const known = await deps.breakers.read().catch(() => undefined);
  if (known) await tellBreakers(deps, known, { connectionId: NO_CONNECTION, kind: 'misconfigured', error });
}
