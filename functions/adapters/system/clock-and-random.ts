import { randomBytes } from 'node:crypto';
import * as timers from 'node:timers/promises';
import type { Clock, Random } from '../../core/ports/platform.ts';

// Imported whole: a host may replace `setTimeout` of this module to shorten long sleeps.

export function createSystemClock(): Clock {
  return {
    nowMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    async sleep(durationMs) {
      await timers.setTimeout(Math.max(0, durationMs));
    },
  };
}

export function createSystemRandom(): Random {
  return { bytes: (length) => new Uint8Array(randomBytes(length)) };
}
