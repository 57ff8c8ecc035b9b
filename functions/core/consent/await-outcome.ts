import type { Deadline } from '../deadline.ts';
import type { ConsumeResult } from '../ports/consents.ts';
import type { Clock } from '../ports/platform.ts';
import type { ConsentOutcomeKind } from './consent.ts';

const PAUSE_MS = 400;
const LONGEST_WAIT_MS = 12_000;

/**
 * A reload shows how the transaction ended. While its first request is still under way (the user reloaded at once, or the
 * browser asked twice) it waits for that request's outcome.
 */
export async function awaitOutcome(
  clock: Clock,
  consumed: ConsumeResult,
  consumeAgain: () => Promise<ConsumeResult>,
  deadline: Deadline,
): Promise<ConsentOutcomeKind> {
  const patience = clock.monotonicMs() + Math.min(LONGEST_WAIT_MS, deadline.remainingMs());
  let latest = consumed;
  while (latest.result === 'already' && latest.outcome === undefined && clock.monotonicMs() < patience) {
    await clock.sleep(PAUSE_MS);
    latest = await consumeAgain();
  }
  return (latest.result === 'already' && latest.outcome?.kind) || 'already_used';
}
