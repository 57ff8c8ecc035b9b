// Imported whole: a host may replace `setTimeout` of this module to shorten long sleeps.
import * as timers from 'node:timers/promises';
import type { Clock } from '../../core/ports/platform.ts';

export function createSystemClock(): Clock {
  return {
    nowMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    async sleep(durationMs) {
      await timers.setTimeout(Math.max(0, durationMs));
    },
  };
}
