import type { ConsentOutcomeKind } from '../../domain/consent.ts';
import type { Destination } from '../../domain/consent-destination.ts';
import { isSuccess } from '../../domain/consent-outcome.ts';
import { SECOND_MS } from '../../domain/durations.ts';
import { createDeadline } from '../deadline.ts';
import { endAttempt } from './end-attempt.ts';
import type { FinishDeps } from './finish-deps.ts';
import { recognise } from './recognise.ts';
import { resolveTarget } from './resolve-target.ts';

interface FinishAttemptInput {
  readonly parameters: URLSearchParams;
  /** As the browser sent them. */
  readonly cookies: readonly string[];
  /** How long this process may still run. */
  readonly remainingMs: number;
}

interface FinishAttemptResult {
  readonly outcome: ConsentOutcomeKind;
  /** Absent: the vault shows its own page. */
  readonly destination?: Destination;
  /** A plain sign-in without an app behind it: the user may start it again here. */
  readonly mayStartAgain: boolean;
}

export type FinishAttempt = (input: FinishAttemptInput) => Promise<FinishAttemptResult>;

/** Left for recording the outcome and answering. */
const ANSWER_MS = 1.5 * SECOND_MS;

/**
 * Ends an attempt: cookie and state agree, then `iss`, then whatever can fail harmlessly, then the state is burnt, then
 * `error` is believed or the code is exchanged. Nothing is written before cookie and state agree.
 * Throws `PlatformFault` while it is not even known whose attempt it is.
 */
export function createFinishAttempt(deps: FinishDeps): FinishAttempt {
  return async ({ parameters, cookies, remainingMs }) => {
    const deadline = createDeadline(deps.clock, Math.max(0, remainingMs - ANSWER_MS));
    const recognised = await recognise(deps, parameters, cookies);
    if ('outcome' in recognised) return finished(deps, recognised.outcome);
    const { attempt } = recognised;
    const target = await resolveTarget(deps, attempt);
    if (target === 'session-gone') return finished(deps, 'attempt_expired');
    const end = await endAttempt(deps, recognised, target, deadline);
    if (!end.again) measure(deps, end.outcome);
    return {
      outcome: end.outcome,
      mayStartAgain: attempt.target.kind === 'own-page' && !isSuccess(end.outcome),
      ...(target.destination && { destination: target.destination }),
    };
  };
}

function finished(deps: FinishDeps, outcome: ConsentOutcomeKind): FinishAttemptResult {
  measure(deps, outcome);
  return { outcome, mayStartAgain: false };
}

function measure({ telemetry }: FinishDeps, outcome: ConsentOutcomeKind): void {
  telemetry.measure('ConsentOutcomes', 1, 'Count', { outcome });
}
