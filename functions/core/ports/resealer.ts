import type { ResealOutcome } from '../reseal/reseal-outcome.ts';

/** Asks the one Lambda that may open refresh tokens to seal a connection's tokens under the present keys. */
export interface Resealer {
  /** Throws `PlatformError` `ROTATOR_UNAVAILABLE` or `ACCESS_DENIED`. */
  reseal(connectionId: string): Promise<ResealOutcome>;
}
