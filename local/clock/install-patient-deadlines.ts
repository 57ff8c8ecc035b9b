import { Socket } from 'node:net';
import { patientTimeout } from './working-time.ts';

/** Short timers order work; they are no deadlines. */
const SHORTEST_DEADLINE_MS = 100;
/** Node counts a socket's idle time itself, so it cannot be made patient, only long. Requests have deadlines of their own. */
const IDLE_SOCKET_FACTOR = 20;

/**
 * Lets the deadlines of a function count working time: `setTimeout`, `AbortSignal.timeout` and `performance.now`. Call it
 * before the code that shall see it is imported.
 */
export function installPatientDeadlines(nowMs: () => number): void {
  const realSetTimeout = globalThis.setTimeout;
  const patient = (callback: (...args: unknown[]) => void, delayMs = 0, ...args: unknown[]) =>
    delayMs < SHORTEST_DEADLINE_MS
      ? realSetTimeout(callback, delayMs, ...args)
      : patientTimeout(() => callback(...args), delayMs, { nowMs, setTimer: realSetTimeout });
  Object.assign(globalThis, { setTimeout: Object.assign(patient, realSetTimeout) });

  AbortSignal.timeout = (delayMs) => {
    const controller = new AbortController();
    const reason = new DOMException('The operation was aborted due to timeout', 'TimeoutError');
    patientTimeout(() => controller.abort(reason), delayMs, { nowMs, setTimer: realSetTimeout }).unref();
    return controller.signal;
  };

  performance.now = nowMs;

  const { setTimeout: setIdleLimit } = Socket.prototype;
  Socket.prototype.setTimeout = function (delayMs, callback) {
    return setIdleLimit.call(this, delayMs * IDLE_SOCKET_FACTOR, callback);
  };
}
