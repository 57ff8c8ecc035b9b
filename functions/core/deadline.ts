import type { Clock } from './ports/platform.ts';

/** How long the caller may still work, on the monotonic clock. */
export interface Deadline {
  remainingMs(): number;
}

export function createDeadline(clock: Clock, remainingMs: number): Deadline {
  const endsAt = clock.monotonicMs() + remainingMs;
  return { remainingMs: () => Math.max(0, endsAt - clock.monotonicMs()) };
}
