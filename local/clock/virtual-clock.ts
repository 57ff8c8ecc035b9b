const OFFSET = 0;
const SLEEP_SCALE = 1;
const CELLS = 2;

export interface VirtualClock {
  /** Shared with every function worker: cell 0 is the offset from the real clock in ms, cell 1 scales sleeps. */
  readonly cells: SharedArrayBuffer;
  nowMs(): number;
  /** Moves the clock forward; a moment that has already passed changes nothing. */
  advanceTo(atMs: number): void;
  /** Sleeps of functions last `scale` times what they ask for. HTTP deadlines are untouched. */
  scaleSleeps(scale: number): void;
}

/**
 * One clock for the whole stack. It ticks with the real clock and can be moved ahead of it.
 * Durations and deadlines (`performance.now()`, `AbortSignal.timeout`) are not moved; they count working time.
 */
export function createVirtualClock({ startMs }: { startMs?: number } = {}): VirtualClock {
  const cells = new SharedArrayBuffer(CELLS * Float64Array.BYTES_PER_ELEMENT);
  const values = new Float64Array(cells);
  values[OFFSET] = startMs === undefined ? 0 : startMs - Date.now();
  values[SLEEP_SCALE] = 1;
  const nowMs = (): number => Date.now() + (values[OFFSET] ?? 0);

  return {
    cells,
    nowMs,
    advanceTo: (atMs) => {
      values[OFFSET] = (values[OFFSET] ?? 0) + Math.max(0, atMs - nowMs());
    },
    scaleSleeps: (scale) => {
      if (!(scale >= 0)) throw new RangeError(`a sleep scale is a number of 0 or more, not ${scale}`);
      values[SLEEP_SCALE] = scale;
    },
  };
}

/** Reads the shared cells from inside a worker. */
export function readClockCells(cells: SharedArrayBuffer): { offsetMs(): number; sleepScale(): number } {
  const values = new Float64Array(cells);
  return { offsetMs: () => values[OFFSET] ?? 0, sleepScale: () => values[SLEEP_SCALE] ?? 1 };
}
