import type { Deadline } from '../core/deadline.ts';
import type { Reconcile, ReconcileReport } from '../core/reconcile/reconcile.ts';

/** Left for the answer before Lambda's kill. */
const RESERVE_MS = 1_000;

export interface ReconcileEventDeps {
  readonly reconcile: Reconcile;
  readonly startDeadline: (remainingMs: number) => Deadline;
}

/** The hourly schedule's event carries nothing the reconciler needs. */
export function createReconcileEvent({ reconcile, startDeadline }: ReconcileEventDeps) {
  return (remainingMs: number): Promise<ReconcileReport> =>
    reconcile(startDeadline(remainingMs - RESERVE_MS));
}
