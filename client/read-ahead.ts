import type { DirectSource, Reading } from './direct-source.ts';
import type { TokenRequest } from './token-source.ts';

export interface ReadAhead {
  /** Reads a batch with one call, for as long as `work` makes tokens of it. */
  during(
    requests: readonly TokenRequest[],
    signal: AbortSignal | undefined,
    work: (readingOf: (connectionId: string) => Reading | undefined) => Promise<void>,
  ): Promise<void>;
  /** What was read of the connection, or is just being read, is not used any more. */
  forget(connectionId: string): void;
}

/** What DynamoDB said about many connections at once, but for those that were forgotten since. */
export function createReadAhead(direct: DirectSource | undefined): ReadAhead {
  /** For each batch that is worked on: the connections forgotten since it began. */
  const batches = new Set<Set<string>>();

  return {
    async during(requests, signal, work) {
      // One connection alone is read on its way.
      if (direct === undefined || requests.length < 2) return work(() => undefined);
      const forgotten = new Set<string>();
      batches.add(forgotten);
      try {
        const readings = await direct.readMany(requests, signal ?? new AbortController().signal);
        await work((connectionId) => (forgotten.has(connectionId) ? undefined : readings.get(connectionId)));
      } finally {
        batches.delete(forgotten);
      }
    },

    forget(connectionId) {
      for (const forgotten of batches) forgotten.add(connectionId);
    },
  };
}
