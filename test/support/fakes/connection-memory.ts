import type { Connection } from '../../../functions/core/connection/connection.ts';

/** What the fake connection store, due time index and subject index share. */
export interface ConnectionMemory {
  readonly connections: Map<string, Connection>;
  /** What the indexes show: the present items, or those of the moment they were held. */
  indexed(): readonly Connection[];
  /** Lets the indexes lag: they keep showing what they show now. */
  holdIndexes(): void;
  releaseIndexes(): void;
}

export function createConnectionMemory(): ConnectionMemory {
  const connections = new Map<string, Connection>();
  let held: readonly Connection[] | undefined;
  return {
    connections,
    indexed: () => held ?? [...connections.values()],
    holdIndexes() {
      held = structuredClone([...connections.values()]);
    },
    releaseIndexes() {
      held = undefined;
    },
  };
}
