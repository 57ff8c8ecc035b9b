/** What a shared call knows about itself. */
export interface Flight {
  /** Aborted when no caller waits for the call any more. */
  readonly signal: AbortSignal;
  /** Whether the next caller would still join. */
  isCurrent(): boolean;
}

export interface SharedFlights<Value> {
  /** @param connectionId whose `key` it is */
  join(
    connectionId: string,
    key: string,
    call: (flight: Flight) => Promise<Value>,
    signal?: AbortSignal,
  ): Promise<Value>;
  /** No new caller joins a call for the connection that is under way: its answer may be outdated. */
  forget(connectionId: string): void;
}

interface SharedCall<Value> {
  readonly connectionId: string;
  readonly promise: Promise<Value>;
  readonly controller: AbortController;
  waiting: number;
}

/**
 * Joins concurrent callers of one key in one call. A caller that aborts leaves alone. The call continues for the others, and
 * is aborted when the last one has left.
 */
export function createSharedFlights<Value>(): SharedFlights<Value> {
  const current = new Map<string, SharedCall<Value>>();

  const start = (
    connectionId: string,
    key: string,
    call: (flight: Flight) => Promise<Value>,
  ): SharedCall<Value> => {
    const controller = new AbortController();
    const isCurrent = (): boolean => current.get(key) === started;
    const promise = call({ signal: controller.signal, isCurrent }).finally(() => {
      if (isCurrent()) current.delete(key);
    });
    const started: SharedCall<Value> = { connectionId, promise, controller, waiting: 0 };
    current.set(key, started);
    return started;
  };

  const wait = (key: string, shared: SharedCall<Value>, signal: AbortSignal | undefined): Promise<Value> => {
    shared.waiting += 1;
    return new Promise<Value>((resolve, reject) => {
      const leave = (): void => {
        shared.waiting -= 1;
        if (shared.waiting === 0) {
          if (current.get(key) === shared) current.delete(key);
          shared.controller.abort(signal?.reason);
        }
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', leave, { once: true });
      shared.promise.then(resolve, reject).finally(() => signal?.removeEventListener('abort', leave));
    });
  };

  return {
    async join(connectionId, key, call, signal) {
      signal?.throwIfAborted();
      return wait(key, current.get(key) ?? start(connectionId, key, call), signal);
    },

    forget(connectionId) {
      for (const [key, shared] of current) {
        if (shared.connectionId === connectionId) current.delete(key);
      }
    },
  };
}
