/** Counts what is in progress in the stack, so that the clock moves only when nothing is. */
export interface Activity {
  inFlight(): number;
  during<T>(work: () => Promise<T>): Promise<T>;
  whenIdle(): Promise<void>;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export function createActivity(): Activity {
  let count = 0;
  let waiting: (() => void)[] = [];

  const whenZero = (): Promise<void> =>
    count === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve));

  return {
    inFlight: () => count,
    during: async (work) => {
      count += 1;
      try {
        return await work();
      } finally {
        count -= 1;
        if (count === 0) {
          const released = waiting;
          waiting = [];
          for (const release of released) release();
        }
      }
    },
    whenIdle: async () => {
      do {
        await whenZero();
        // Work that has just ended may start the next piece in the same turn.
        await nextTurn();
      } while (count > 0);
    },
  };
}
