/** A list that forgets its oldest entries when it grows past its capacity. */
export interface BoundedList<T> {
  push(entry: T): void;
  entries(): T[];
  clear(): void;
}

export function createBoundedList<T>(capacity: number): BoundedList<T> {
  let kept: T[] = [];
  return {
    push: (entry) => {
      kept.push(entry);
      // Cutting a tenth at once keeps writing cheap.
      if (kept.length > capacity) kept = kept.slice(-Math.ceil(capacity * 0.9));
    },
    entries: () => [...kept],
    clear: () => {
      kept = [];
    },
  };
}
