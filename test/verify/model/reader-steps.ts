import { isFitToRead } from './invariants.ts';
import type { ProtocolState } from './protocol-state.ts';
import type { Step } from './protocol-step.ts';

/**
 * A reader takes the access token out of the cache and hands it out. The two lie apart, and a disconnect may be answered in
 * between: that is legitimate, because the request for the token began before the answer to the disconnect, and a reader
 * that was quicker would have done the same. So a hand-out is right or wrong at the moment of its read: one step, which
 * changes nothing, in every state of the search. (What a client keeps in its own memory is bounded by its `maxAgeMs`.)
 */
export function readerSteps(state: ProtocolState): readonly Step[] {
  if (isFitToRead(state)) return [];
  const label = `a reader is handed the access token of grant ${state.access.grant}, generation ${state.access.generation}`;
  const breach = 'I7 a reader is given the token of another consent';
  return [{ label, next: state, breach, crossUser: true }];
}
