import { createDeadline } from '../deadline.ts';
import { SECOND_MS } from '../durations.ts';
import type { CompleteDeps } from './complete-deps.ts';
import { completeOnce } from './complete-once.ts';
import type { ConsentOutcomeKind } from './consent.ts';
import type { Destination } from './consent-destination.ts';
import { isSuccess } from './consent-outcome.ts';
import { recognise } from './recognise.ts';
import { resolveTarget } from './resolve-target.ts';

interface CompleteTransactionInput {
  readonly parameters: URLSearchParams;
  /** As the browser sent them. */
  readonly cookies: readonly string[];
  /** How long this process may still run. */
  readonly remainingMs: number;
}

interface CompleteTransactionResult {
  readonly outcome: ConsentOutcomeKind;
  /** Absent: the vault shows its own page. */
  readonly destination?: Destination;
  /** A plain sign-in without an app behind it: the user may start it again here. */
  readonly mayStartAgain: boolean;
}

export type CompleteTransaction = (input: CompleteTransactionInput) => Promise<CompleteTransactionResult>;

/** Left for recording the outcome and answering. */
const ANSWER_MS = 1.5 * SECOND_MS;

/**
 * Ends a transaction: cookie and state agree, then `iss`, then whatever can fail harmlessly, then the state is consumed, then
 * `error` is believed or the code is exchanged. Nothing is written before cookie and state agree.
 * Throws `PlatformError` while it is not even known whose transaction it is.
 */
export function createCompleteTransaction(deps: CompleteDeps): CompleteTransaction {
  return async ({ parameters, cookies, remainingMs }) => {
    const deadline = createDeadline(deps.clock, Math.max(0, remainingMs - ANSWER_MS));
    const recognised = await recognise(deps, parameters, cookies);
    if ('outcome' in recognised) return finished(deps, recognised.outcome);
    const { attempt } = recognised;
    const target = await resolveTarget(deps, attempt);
    if (target === 'session-gone') return finished(deps, 'transaction_expired');
    const end = await completeOnce(deps, recognised, target, deadline);
    if (!end.again) measure(deps, end.outcome);
    return {
      outcome: end.outcome,
      mayStartAgain: attempt.target.kind === 'own-page' && !isSuccess(end.outcome),
      ...(target.destination && { destination: target.destination }),
    };
  };
}

function finished(deps: CompleteDeps, outcome: ConsentOutcomeKind): CompleteTransactionResult {
  measure(deps, outcome);
  return { outcome, mayStartAgain: false };
}

function measure({ telemetry }: CompleteDeps, outcome: ConsentOutcomeKind): void {
  telemetry.measure('ConsentOutcomes', 1, 'Count', { outcome });
}
