import type { BreakerStore } from '../../../../functions/core/ports/rotation.ts';
import type { Breakers } from '../../../../functions/core/rotation/breakers.ts';
import type { DynamoDbCounts } from '../counters.ts';
import { breakersBytes, readUnits, writeUnits } from './item-size.ts';

export interface BreakerItem {
  readonly breakers: BreakerStore;
  /** What is stored now, without a request. */
  present(): Breakers;
}

/** The one item that tells the whole fleet of Adobe's weather. */
export function createBreakerItem(counts: DynamoDbCounts): BreakerItem {
  let stored: Breakers = { revision: 0, recent: [] };
  return {
    present: () => stored,
    breakers: {
      async read() {
        counts.reads += 1;
        counts.readUnits += readUnits(breakersBytes(stored));
        return stored;
      },
      async write(breakers) {
        counts.writes += 1;
        counts.writeUnits += writeUnits(breakersBytes(breakers));
        if (breakers.revision !== stored.revision) return 'conflict';
        stored = { ...breakers, revision: breakers.revision + 1 };
        return 'written';
      },
    },
  };
}
