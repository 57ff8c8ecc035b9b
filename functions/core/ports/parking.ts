import type { TokenIdentity } from '../connection/connection.ts';
import type { ParkedSuccessor } from '../rotation/rotate-request.ts';

/**
 * Where a successor waits that could not be committed: a recurring one-minute schedule whose input carries it, sealed,
 * until it is recovered or proved superseded. Its name is computable from the identity of the token it replaces.
 * Throws `PlatformError` `SCHEDULER_UNAVAILABLE` or `ACCESS_DENIED`.
 */
export interface Parking {
  /** `occupied`: under its name waits something else. The same successor parked again, after a lost reply, is `parked`. */
  park(successor: ParkedSuccessor): Promise<'parked' | 'occupied'>;
  /** What is there but cannot be read is returned as a successor whose sealed bytes are empty: it opens under no key. */
  find(replaced: TokenIdentity): Promise<ParkedSuccessor | undefined>;
  /** Absent already counts as done. */
  remove(replaced: TokenIdentity): Promise<void>;
}
