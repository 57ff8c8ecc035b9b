import type { Connection } from '../connection/connection.ts';
import type { RotateOutcome } from './rotate-request.ts';

/** What one rotation of the canary says about all others. */
export type CanaryResult = 'rotated' | 'waiting' | 'refused';

const REFUSALS: ReadonlySet<RotateOutcome['outcome']> = new Set([
  'suspect',
  'degraded',
  'user-action-required',
  'reauthorization-required',
  'not-renewable',
  'not-found',
]);

/** Nobody revokes a canary: whatever is not a trouble that passes says that grants get lost. */
export function canaryResult({ outcome }: RotateOutcome, connection: Connection | undefined): CanaryResult {
  if (outcome === 'rotated') return 'rotated';
  const isUnwell = connection !== undefined && (connection.state !== 'active' || !connection.renewable);
  return isUnwell || REFUSALS.has(outcome) ? 'refused' : 'waiting';
}
