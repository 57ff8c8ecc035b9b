import type { BreakerStore } from '../../../functions/core/ports/rotation.ts';
import type { Breakers } from '../../../functions/core/rotation/breakers.ts';

export interface FakeBreakerStore extends BreakerStore {
  /** What is stored now. */
  present(): Breakers;
  readonly writes: number;
}

export function createFakeBreakerStore(): FakeBreakerStore {
  let stored: Breakers = { revision: 0, recent: [] };
  let writes = 0;
  return {
    async read() {
      await Promise.resolve();
      return structuredClone(stored);
    },
    async write(breakers) {
      await Promise.resolve();
      if (breakers.revision !== stored.revision) return 'conflict';
      stored = { ...structuredClone(breakers), revision: breakers.revision + 1 };
      writes += 1;
      return 'written';
    },
    present: () => structuredClone(stored),
    get writes() {
      return writes;
    },
  };
}
