import type { RotateOutcome, RotateRequest } from '../rotation/rotate-request.ts';

/** Asks the one Lambda that may open refresh tokens. */
export interface Rotator {
  /**
   * Waits at most `waitMs` for the outcome; `still-running` means it goes on without us.
   * Throws `PlatformError` `ROTATOR_UNAVAILABLE` or `ACCESS_DENIED`.
   */
  rotate(request: RotateRequest, waitMs: number): Promise<RotateOutcome | 'still-running'>;
  /** Fire and forget (asynchronous invocation). */
  start(request: RotateRequest): Promise<void>;
}
