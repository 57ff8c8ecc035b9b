import { setImmediate as nextTurn } from 'node:timers/promises';

/** Waits for the thing itself: resolves in the first turn of the event loop in which the condition holds. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await nextTurn();
}
