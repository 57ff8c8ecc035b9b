import type { Deadline } from '../deadline.ts';
import { PlatformError } from '../platform-error.ts';
import type { Clock } from '../ports/platform.ts';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1000;
/** One more call has to fit behind the pause. */
const ONE_CALL_MS = 1500;

/**
 * Repeats a call that may be repeated until it succeeds or time is up; then the last fault is thrown. Permissions and
 * settings do not fix themselves.
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
