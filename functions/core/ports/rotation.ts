import type { ResealOutcome } from '../reseal/reseal-connection.ts';
import type { Breakers } from '../rotation/breakers.ts';
import type { OutcomesByTrigger, RotateRequest, RotateTrigger } from '../rotation/rotate-request.ts';

/** Asks the one Lambda that may open refresh tokens. */
export interface Rotator {
  /**
   * Waits at most `waitMs` for the outcome; `still-running` means it goes on without us.
   * Throws `PlatformError` `ROTATOR_UNAVAILABLE` or `ACCESS_DENIED`.
   */
  rotate<Trigger extends RotateTrigger>(
    request: RotateRequest<Trigger>,
    waitMs: number,
  ): Promise<OutcomesByTrigger[Trigger] | 'still-running'>;
  /** Fire and forget (asynchronous invocation). */
  start(request: RotateRequest): Promise<void>;
}

/** Asks the one Lambda that may open refresh tokens to seal a connection's tokens under the present keys. */
export interface Resealer {
  /** Throws `PlatformError` `ROTATOR_UNAVAILABLE` or `ACCESS_DENIED`. */
  reseal(connectionId: string): Promise<ResealOutcome>;
}

/** One record for the whole vault. Losing it closes every breaker. Throws `PlatformError` (`STORE_UNAVAILABLE`). */
export interface BreakerStore {
  /** Strongly consistent; `revision: 0` when nothing is stored. */
  read(): Promise<Breakers>;
  /** Stores `breakers` as revision + 1 if the stored revision is still `breakers.revision`. */
  write(breakers: Breakers): Promise<'written' | 'conflict'>;
}
