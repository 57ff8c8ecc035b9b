interface Flight<Value> {
  readonly promise: Promise<Value>;
  readonly controller: AbortController;
  waiting: number;
}

/**
 * Joins concurrent callers of one key to one run. A caller who aborts leaves alone: the run goes on for the others and is
 * aborted when the last one has left.
 */
export function createSharedFlights<Value>() {
  const flights = new Map<string, Flight<Value>>();

  const start = (key: string, run: (signal: AbortSignal) => Promise<Value>): Flight<Value> => {
    const controller = new AbortController();
    const promise = run(controller.signal).finally(() => {
      if (flights.get(key) === flight) flights.delete(key);
    });
    const flight: Flight<Value> = { promise, controller, waiting: 0 };
    flights.set(key, flight);
    return flight;
  };

  return async (
    key: string,
    run: (signal: AbortSignal) => Promise<Value>,
    signal?: AbortSignal,
  ): Promise<Value> => {
    signal?.throwIfAborted();
    const flight = flights.get(key) ?? start(key, run);
    flight.waiting += 1;
    return new Promise<Value>((resolve, reject) => {
      const leave = (): void => {
        flight.waiting -= 1;
        if (flight.waiting === 0) {
          if (flights.get(key) === flight) flights.delete(key);
          flight.controller.abort(signal?.reason);
        }
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', leave, { once: true });
      flight.promise.then(resolve, reject).finally(() => signal?.removeEventListener('abort', leave));
    });
  };
}
