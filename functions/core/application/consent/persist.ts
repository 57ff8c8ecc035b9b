import { PlatformFault } from '../../domain/platform-fault.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Deadline } from '../deadline.ts';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1000;
/** One more call has to fit behind the pause. */
const ONE_CALL_MS = 1500;

/**
 * Repeats a call that may be repeated until it succeeds or time is up; then the last fault is thrown. Permissions and
 * settings do not mend themselves.
 */
export async function persist<Value>(
  clock: Clock,
  deadline: Deadline,
  run: () => Promise<Value>,
): Promise<Value> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
    try {
      return await run();
    } catch (fault) {
      if (!isPassing(fault) || deadline.remainingMs() < pauseMs + ONE_CALL_MS) throw fault;
      await clock.sleep(pauseMs);
    }
  }
}

function isPassing(fault: unknown): boolean {
  return (
    fault instanceof PlatformFault && fault.code !== 'ACCESS_DENIED' && fault.code !== 'SETTINGS_INVALID'
  );
}
