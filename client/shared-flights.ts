/** What a run knows about itself. */
export interface Flight {
  /** Aborted when no caller waits for the run any more. */
  readonly signal: AbortSignal;
  /** Whether the next caller would still join. */
  isCurrent(): boolean;
}

export interface SharedFlights<Value> {
  /** @param connectionId what `key` is about */
  join(
    connectionId: string,
    key: string,
    run: (flight: Flight) => Promise<Value>,
    signal?: AbortSignal,
  ): Promise<Value>;
  /** No caller joins a run that is under way for the connection: its answer may be outdated. */
  forget(connectionId: string): void;
}

interface SharedRun<Value> {
  readonly connectionId: string;
  readonly promise: Promise<Value>;
  readonly controller: AbortController;
  waiting: number;
}

/**
 * Joins concurrent callers of one key to one run. A caller that aborts leaves alone. The run continues for the others, and is
 * aborted when the last one has left.
 */
export function createSharedFlights<Value>(): SharedFlights<Value> {
  const current = new Map<string, SharedRun<Value>>();

  const start = (
    connectionId: string,
    key: string,
    run: (flight: Flight) => Promise<Value>,
  ): SharedRun<Value> => {
    const controller = new AbortController();
    const isCurrent = (): boolean => current.get(key) === started;
    const promise = run({ signal: controller.signal, isCurrent }).finally(() => {
      if (isCurrent()) current.delete(key);
    });
    const started: SharedRun<Value> = { connectionId, promise, controller, waiting: 0 };
    current.set(key, started);
    return started;
  };

  const wait = (key: string, run: SharedRun<Value>, signal: AbortSignal | undefined): Promise<Value> => {
    run.waiting += 1;
    return new Promise<Value>((resolve, reject) => {
      const leave = (): void => {
        run.waiting -= 1;
        if (run.waiting === 0) {
          if (current.get(key) === run) current.delete(key);
          run.controller.abort(signal?.reason);
        }
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', leave, { once: true });
      run.promise.then(resolve, reject).finally(() => signal?.removeEventListener('abort', leave));
    });
  };

  return {
    async join(connectionId, key, run, signal) {
      signal?.throwIfAborted();
      return wait(key, current.get(key) ?? start(connectionId, key, run), signal);
    },

    forget(connectionId) {
      for (const [key, run] of current) {
        if (run.connectionId === connectionId) current.delete(key);
      }
    },
  };
}
