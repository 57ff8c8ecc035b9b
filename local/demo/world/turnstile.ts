/** Either many callers work while the clock merely ticks, or the clock is moved and nobody works. */
export interface Turnstile {
  whileSteady<T>(work: () => Promise<T>): Promise<T>;
  alone<T>(work: () => Promise<T>): Promise<T>;
  isMoving(): boolean;
}

export const createTurnstile = (): Turnstile => {
  const working = new Set<Promise<unknown>>();
  let moving: Promise<unknown> | undefined;

  return {
    isMoving: () => moving !== undefined,

    whileSteady: async (work) => {
      while (moving) await moving;
      const result = work();
      const settled = result.catch(() => undefined).finally(() => working.delete(settled));
      working.add(settled);
      return result;
    },

    alone: async (work) => {
      while (moving) await moving;
      const result = Promise.all(working).then(work);
      moving = result
        .catch(() => undefined)
        .finally(() => {
          moving = undefined;
        });
      return result;
    },
  };
};
