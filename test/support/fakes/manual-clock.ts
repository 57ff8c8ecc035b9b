import type { Clock } from '../../../functions/core/ports/clock.ts';

export interface ManualClock extends Clock {
  /** Moves wall time and monotonic time together. */
  advance(durationMs: number): void;
  /** Sets wall time alone, as a clock correction does; monotonic time stays. */
  setNowMs(nowMs: number): void;
  /** Every duration that was slept, in order. */
  readonly slept: readonly number[];
}

/** Time that moves only when told, or when somebody sleeps: sleeping advances it and resolves. */
export function createManualClock(startMs = Date.UTC(2026, 0, 15, 12)): ManualClock {
  let wallMs = startMs;
  let monotonicMs = 1_000;
  const slept: number[] = [];
  const advance = (durationMs: number) => {
    if (durationMs < 0) throw new RangeError('Time does not run backwards; use setNowMs.');
    wallMs += durationMs;
    monotonicMs += durationMs;
  };
  return {
    // Whole, as the system's: somebody may sleep for a fraction.
    nowMs: () => Math.floor(wallMs),
    monotonicMs: () => monotonicMs,
    async sleep(durationMs) {
      slept.push(durationMs);
      advance(Math.max(0, durationMs));
    },
    advance,
    setNowMs(nowMs) {
      wallMs = nowMs;
    },
    slept,
  };
}
