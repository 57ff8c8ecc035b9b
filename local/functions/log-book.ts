interface LogLine {
  atMs: number;
  functionName: string;
  requestId: string | undefined;
  stream: 'stdout' | 'stderr';
  text: string;
  /** The line as JSON when it is an object; Powertools writes such lines. */
  json?: Record<string, unknown>;
}

interface LogFilter {
  functionName?: string;
  contains?: string;
}

/** What the functions print, newest last. Keeps a bounded number of lines. */
export interface LogBook {
  write(line: Omit<LogLine, 'json'>): void;
  search(filter?: LogFilter): LogLine[];
  clear(): void;
  /** Returns the way to stop listening. */
  onLine(listener: (line: LogLine) => void): () => void;
}

const DEFAULT_CAPACITY = 50_000;

function parseObject(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function createLogBook({ capacity = DEFAULT_CAPACITY }: { capacity?: number } = {}): LogBook {
  const lines = createBoundedList<LogLine>(capacity);
  const listeners = new Set<(line: LogLine) => void>();
  return {
    write: (line) => {
      const json = parseObject(line.text);
      const complete = json === undefined ? line : { ...line, json };
      lines.push(complete);
      for (const listener of listeners) listener(complete);
    },
    search: ({ functionName, contains } = {}) =>
      lines
        .entries()
        .filter(
          (line) =>
            (functionName === undefined || line.functionName === functionName) &&
            (contains === undefined || line.text.includes(contains)),
        ),
    clear: lines.clear,
    onLine: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Joins chunks into lines; a line may arrive in pieces. */
export function createLineSplitter(onLine: (text: string) => void): (chunk: string) => void {
  let rest = '';
  return (chunk) => {
    const parts = `${rest}${chunk}`.split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) if (part !== '') onLine(part);
  };
}

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
