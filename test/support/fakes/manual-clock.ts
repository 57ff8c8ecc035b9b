import type { Clock } from '../../../functions/core/ports/platform.ts';

export interface ManualClock extends Clock {
  /** Moves wall time and monotonic time together. */
  advance(durationMs: number): void;
  /** Sets wall time alone, as a clock correction does; monotonic time stays. */
  setNowMs(nowMs: number): void;
  /** Every duration that was slept, in order. */
  readonly slept: readonly number[];
}

interface Sleeper {
  readonly untilMs: number;
  readonly due: () => void;
}

/**
 * Time that moves only by `advance`, or when a caller sleeps and nothing else is left to do: it then moves to the next moment at
 * which a sleeper is due. So concurrent sleeps end in order of time.
 */
export function createManualClock(startMs = Date.UTC(2026, 0, 15, 12)): ManualClock {
  let wallMs = startMs;
  let monotonicMs = 1_000;
  const slept: number[] = [];
  const sleepers: Sleeper[] = [];
  const dueNext = () => {
    const untilMs = Math.min(...sleepers.map((sleeper) => sleeper.untilMs));
    const [next] = sleepers.splice(
      sleepers.findIndex((sleeper) => sleeper.untilMs === untilMs),
      1,
    );
    advance(Math.max(0, untilMs - monotonicMs));
    next?.due();
  };
  const advance = (durationMs: number) => {
    if (durationMs < 0) throw new RangeError('Time does not run backwards; use setNowMs.');
    wallMs += durationMs;
    monotonicMs += durationMs;
  };
  return {
    // Whole milliseconds, as the system's: a sleep may last a fraction.
    nowMs: () => Math.floor(wallMs),
    monotonicMs: () => monotonicMs,
    sleep(durationMs) {
      slept.push(durationMs);
      return new Promise((due) => {
        sleepers.push({ untilMs: monotonicMs + Math.max(0, durationMs), due });
        // One for each sleeper, behind everything that goes on without time.
        setImmediate(dueNext);
      });
    },
    advance,
    setNowMs(nowMs) {
      wallMs = nowMs;
    },
    slept,
  };
}
