import { PlatformError } from './platform-error.ts';
import type { Clock } from './ports/platform.ts';

/** How long the caller may still work, on the monotonic clock. */
export interface Deadline {
  remainingMs(): number;
}

export function createDeadline(clock: Clock, remainingMs: number): Deadline {
  const endsAt = clock.monotonicMs() + remainingMs;
  return { remainingMs: () => Math.max(0, endsAt - clock.monotonicMs()) };
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1000;
/** One more call has to fit after the pause. */
const ONE_CALL_MS = 1500;

/**
 * Repeats an idempotent call until it succeeds or time is up, then throws its last error. A platform error that time does not
 * fix, such as a missing permission, is thrown at once.
 */
export async function persist<Value>(
  clock: Clock,
  deadline: Deadline,
  run: () => Promise<Value>,
): Promise<Value> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
    try {
      return await run();
    } catch (error) {
      if (!isPassing(error) || deadline.remainingMs() < pauseMs + ONE_CALL_MS) throw error;
      await clock.sleep(pauseMs);
    }
  }
}

function isPassing(error: unknown): boolean {
  return (
    error instanceof PlatformError && error.code !== 'ACCESS_DENIED' && error.code !== 'SETTINGS_INVALID'
  );
}
