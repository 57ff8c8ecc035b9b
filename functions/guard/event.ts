import { createDeadline } from '../core/application/deadline.ts';
import type { Guard, GuardReport } from '../core/application/guard/guard.ts';
import type { Clock } from '../core/ports/clock.ts';

/** Left for answering before Lambda's kill. */
const RESERVE_MS = 1_000;

/** The hourly schedule's event carries nothing the guard needs. */
export function createGuardEvent({ guard, clock }: { readonly guard: Guard; readonly clock: Clock }) {
  return (remainingMs: number): Promise<GuardReport> =>
    guard(createDeadline(clock, remainingMs - RESERVE_MS));
}
