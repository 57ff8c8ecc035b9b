/** Joins concurrent callers of one key to the run that is already under way. A finished run is forgotten. */
export function createSingleFlight<Value>() {
  const flights = new Map<string, Promise<Value>>();
  return (key: string, run: () => Promise<Value>): Promise<Value> => {
    const joined = flights.get(key);
    if (joined !== undefined) return joined;
    const flight = run().finally(() => flights.delete(key));
    flights.set(key, flight);
    return flight;
  };
}
