/** Either many callers work while the clock only ticks, or one caller moves the clock and no other works. */
export interface Turnstile {
  whileSteady<T>(work: () => Promise<T>): Promise<T>;
  alone<T>(work: () => Promise<T>): Promise<T>;
  /** As `whileSteady`, but also enters while the caller that moves the clock pauses. For short work. */
  glance<T>(work: () => Promise<T>): Promise<T>;
  /** Called by the caller that moves the clock, at a standstill: every waiting glance runs now. */
  pause(): Promise<void>;
  isMoving(): boolean;
}

export function createTurnstile(): Turnstile {
  const working = new Set<Promise<unknown>>();
  let glances: (() => Promise<void>)[] = [];
  let moving: Promise<unknown> | undefined;

  const whileSteady = async <T>(work: () => Promise<T>): Promise<T> => {
    while (moving) await moving;
    const result = work();
    const settled = result.catch(() => undefined).finally(() => working.delete(settled));
    working.add(settled);
    return result;
  };

  const takeGlances = (): (() => Promise<void>)[] => {
    const waiting = glances;
    glances = [];
    return waiting;
  };

  return {
    isMoving: () => moving !== undefined,
    whileSteady,

    pause: async () => {
      await Promise.all(takeGlances().map((take) => take()));
    },

    alone: async (work) => {
      while (moving) await moving;
      const result = Promise.all(working).then(work);
      moving = result
        .catch(() => undefined)
        .finally(() => {
          moving = undefined;
          for (const take of takeGlances()) void whileSteady(take);
        });
      return result;
    },

    glance: (work) =>
      moving
        ? new Promise((resolve, reject) => {
            glances.push(() => work().then(resolve, reject));
          })
        : whileSteady(work),
  };
}
