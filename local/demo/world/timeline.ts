/** Who did something. `you` is the person at the page. */
export type Actor = 'you' | 'app' | 'vault' | 'scheduler' | 'adobe' | 'lightroom';

export interface TimelineEntry {
  readonly id: number;
  /** On the stack's clock. */
  readonly atMs: number;
  readonly actor: Actor;
  readonly text: string;
}

export interface Timeline {
  add(actor: Actor, text: string): void;
  /** Newest last. */
  entries(): readonly TimelineEntry[];
  /** Returns the way to stop listening. */
  onEntry(listener: (entry: TimelineEntry) => void): () => void;
}

const CAPACITY = 500;

export function createTimeline({ nowMs }: { nowMs: () => number }): Timeline {
  const entries: TimelineEntry[] = [];
  const listeners = new Set<(entry: TimelineEntry) => void>();
  let nextId = 1;
  return {
    add: (actor, text) => {
      const entry = { id: nextId, atMs: nowMs(), actor, text };
      nextId += 1;
      entries.push(entry);
      if (entries.length > CAPACITY) entries.shift();
      for (const listener of listeners) listener(entry);
    },
    entries: () => [...entries],
    onEntry: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
