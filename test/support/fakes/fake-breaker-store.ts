import type { BreakerStore } from '../../../functions/core/ports/rotation.ts';
import type { Breakers } from '../../../functions/core/rotation/breakers.ts';
import type { Keeping } from './fake-connection-store.ts';

export interface FakeBreakerStore extends BreakerStore {
  /** What is stored now. */
  present(): Breakers;
  readonly writes: number;
}

export function createFakeBreakerStore({ inPlace }: Keeping = { inPlace: false }): FakeBreakerStore {
  const copy: <Value>(value: Value) => Value = inPlace ? (value) => value : structuredClone;
  let stored: Breakers = { revision: 0, recent: [] };
  let writes = 0;
  return {
    async read() {
      if (!inPlace) await Promise.resolve();
      return copy(stored);
    },
    async write(breakers) {
      if (!inPlace) await Promise.resolve();
      if (breakers.revision !== stored.revision) return 'conflict';
      stored = { ...copy(breakers), revision: breakers.revision + 1 };
      writes += 1;
      return 'written';
    },
    present: () => copy(stored),
    get writes() {
      return writes;
    },
  };
}
