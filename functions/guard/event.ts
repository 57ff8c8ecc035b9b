import type { Deadline } from '../core/application/deadline.ts';
import type { Guard, GuardReport } from '../core/application/guard/guard.ts';

/** Left for answering before Lambda's kill. */
const RESERVE_MS = 1_000;

export interface GuardEventDeps {
  readonly guard: Guard;
  readonly startDeadline: (remainingMs: number) => Deadline;
}

/** The hourly schedule's event carries nothing the guard needs. */
export function createGuardEvent({ guard, startDeadline }: GuardEventDeps) {
  return (remainingMs: number): Promise<GuardReport> => guard(startDeadline(remainingMs - RESERVE_MS));
}
