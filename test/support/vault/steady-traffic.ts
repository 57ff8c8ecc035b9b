/** One kind of request, repeated. It returns what went wrong, or undefined. */
export type Request = () => Promise<string | undefined>;

export interface SteadyTraffic {
  /** Waits until this many more of each kind were asked and answered. */
  more(requests: number): Promise<void>;
  /** Lets those under way end. */
  stop(): Promise<{ readonly answered: number; readonly failures: readonly string[] }>;
}

/** Each kind asks without a pause, one request after the other, all kinds at the same time, until it is stopped. */
export function startTraffic(kinds: Readonly<Record<string, Request>>): SteadyTraffic {
  const failures: string[] = [];
  const answered = new Map(Object.keys(kinds).map((kind) => [kind, 0]));
  let stopped = false;
  let onAnswer: () => void = () => undefined;

  const loop = async (kind: string, request: Request): Promise<void> => {
    while (!stopped) {
      const failure = await request().catch(String);
      if (failure !== undefined) failures.push(`${kind}: ${failure}`);
      answered.set(kind, (answered.get(kind) ?? 0) + 1);
      onAnswer();
    }
  };
  const loops = Object.entries(kinds).map(([kind, request]) => loop(kind, request));

  return {
    async more(requests) {
      // The one under way was asked before.
      const wanted = new Map([...answered].map(([kind, count]) => [kind, count + requests + 1]));
      const isEnough = () => [...wanted].every(([kind, count]) => (answered.get(kind) ?? 0) >= count);
      while (!isEnough()) {
        await new Promise<void>((resolve) => {
          onAnswer = resolve;
        });
      }
    },
    async stop() {
      stopped = true;
      await Promise.all(loops);
      return { answered: [...answered.values()].reduce((sum, count) => sum + count, 0), failures };
    },
  };
}
