import type { ConsentOutcomeKind } from '../../domain/consent.ts';
import type { Clock } from '../../ports/clock.ts';
import type { BurnResult } from '../../ports/consent-store.ts';
import type { Deadline } from '../deadline.ts';

const PAUSE_MS = 400;
const LONGEST_WAIT_MS = 12_000;

/**
 * A reload shows how the attempt ended. While its first request is still under way (the user reloaded at once, or the
 * browser asked twice) it waits for that request's outcome.
 */
export async function awaitOutcome(
  clock: Clock,
  burnt: BurnResult,
  burnAgain: () => Promise<BurnResult>,
  deadline: Deadline,
): Promise<ConsentOutcomeKind> {
  const patience = clock.monotonicMs() + Math.min(LONGEST_WAIT_MS, deadline.remainingMs());
  let latest = burnt;
  while (latest.result === 'already' && latest.outcome === undefined && clock.monotonicMs() < patience) {
    await clock.sleep(PAUSE_MS);
    latest = await burnAgain();
  }
  return (latest.result === 'already' && latest.outcome?.kind) || 'already_used';
}
