import type { Breakers } from '../rotation/breakers.ts';

/** One record for the whole vault. Losing it closes every breaker. Throws `PlatformError` (`STORE_UNAVAILABLE`). */
export interface BreakerStore {
  /** Strongly consistent; `revision: 0` when nothing is stored. */
  read(): Promise<Breakers>;
  /** Stores `breakers` as revision + 1 if the stored revision is still `breakers.revision`. */
  write(breakers: Breakers): Promise<'written' | 'conflict'>;
}
