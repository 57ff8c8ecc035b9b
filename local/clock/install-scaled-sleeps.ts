import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';

/**
 * Shortens sleeps made through `node:timers/promises`, which is what product code sleeps with. The global
 * `setTimeout` and `AbortSignal.timeout` are left alone: HTTP deadlines are not shortened.
 */
export function installScaledSleeps(sleepScale: () => number): void {
  const realSetTimeout = timers.setTimeout;
  const scaled: typeof timers.setTimeout = (delayMs, value, options) =>
    realSetTimeout(delayMs === undefined ? delayMs : delayMs * sleepScale(), value, options);
  Object.assign(timers, { setTimeout: scaled });
  syncBuiltinESMExports();
}
