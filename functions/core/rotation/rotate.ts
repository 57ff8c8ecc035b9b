import type { Connection } from '../connection/connection.ts';
import { isKeptByRotating } from '../connection/kept-by-rotating.ts';
import type { Deadline } from '../deadline.ts';
import { HOUR_MS } from '../durations.ts';
import { canaryResult } from './canary-result.ts';
import { publishOutbox } from './publish-outbox.ts';
import { recover } from './recover.ts';
import { withRepairedMoments } from './repair-moments.ts';
import { revoke } from './revoke.ts';
import { revokeAccessTokens } from './revoke-access-tokens.ts';
import type { RotateOutcome, RotateRequest } from './rotate-request.ts';
import { rotateToken } from './rotate-token.ts';
import type { RotationDeps } from './rotation-deps.ts';
import { type Run, randomId, type StepResult, updateAsRead } from './run.ts';
import { giveUp, warnOfExpiry } from './settle-state.ts';
import { type Work, workFor } from './work.ts';

export type Rotate = (request: RotateRequest, deadline: Deadline) => Promise<RotateOutcome>;

/**
 * Does whatever a connection's due time, or a caller, asks: rotate, recover a parked successor, warn, revoke, drop a tombstone,
 * publish events. Every way out leaves the connection's next due time stored and created.
 * Throws only what the ports throw when nothing could be done at all.
 */
export function createRotate(deps: RotationDeps): Rotate {
  return async (request, deadline) => {
    const run: Run = { deps, request, deadline, runId: randomId(deps) };
    const read = await deps.connections.read(request.connectionId);
    const connection = read && (await withRepairedMoments(run, read));
    const result = connection ? await work(run, connection) : await workWithout(run);
    if (result.connection) await publishOutbox(run, result.connection);
    deps.telemetry.measure('Rotations', 1, 'Count', { outcome: result.outcome.outcome });
    measureSafety(deps, result.connection);
    if (request.trigger === 'canary') {
      const decision = canaryResult(result.outcome, result.connection);
      deps.telemetry.measure('CanaryRuns', 1, 'Count', { result: decision });
    }
    return result.outcome;
  };
}

/** The smallest of these over a fleet is what its operators watch; it must not be one that nobody could help. */
function measureSafety(deps: RotationDeps, connection: Connection | undefined): void {
  if (!connection?.refreshExpiresAtMs || !isKeptByRotating(connection)) return;
  const hours = (connection.refreshExpiresAtMs - deps.clock.nowMs()) / HOUR_MS;
  deps.telemetry.measure('HoursOfSafetyLeft', hours, 'None');
}

async function work(run: Run, connection: Connection): Promise<StepResult> {
  const kind = workFor(connection, run.request, run.deps.clock.nowMs());
  const result = await WORK[kind](run, connection);
  return kind === 'redeem' ? revokeAfterRefusal(run, result) : result;
}

/**
 * A refused connection is always due when its back-off ends, so the due time never comes that is for its owed revocations alone:
 * they follow the refusal. Only where no caller waits.
 */
async function revokeAfterRefusal(run: Run, result: StepResult): Promise<StepResult> {
  const { outcome, connection } = result;
  if (run.request.trigger !== 'schedule' || !connection || connection.revocations.length === 0) return result;
  if (!REFUSALS.has(outcome.outcome)) return result;
  const revoked = await revoke(run, connection);
  return { ...revoked, outcome };
}

/** Adobe answered, or was not asked because of this grant alone. */
const REFUSALS: ReadonlySet<RotateOutcome['outcome']> = new Set([
  'suspect',
  'reauthorization-required',
  'user-action-required',
  'degraded',
]);

const WORK: Readonly<Record<Work, (run: Run, connection: Connection) => Promise<StepResult>>> = {
  recover: (run, connection) =>
    run.request.parked ? recover(run, connection, run.request.parked) : nothing(run, connection),
  redeem: rotateToken,
  revoke,
  'revoke-access-tokens': revokeAccessTokens,
  warn: warnOfExpiry,
  'give-up': giveUp,
  'drop-tombstone': dropTombstone,
  nothing,
  'refuse-gone': async () => ({ outcome: { outcome: 'not-found' } }),
  'refuse-not-renewable': async () => ({ outcome: { outcome: 'not-renewable' } }),
  'refuse-reauthorization': async () => ({ outcome: { outcome: 'reauthorization-required' } }),
};

/** A schedule fired for a connection that is not there (any more). */
async function workWithout(run: Run): Promise<StepResult> {
  if (run.request.parked) return recover(run, undefined, run.request.parked);
  return { outcome: { outcome: 'not-found' } };
}

/** An early schedule: an on-demand refresh moved the due time. The next one is created here. */
async function nothing(run: Run, connection: Connection): Promise<StepResult> {
  const updated = await updateAsRead(run, connection, {});
  return { outcome: { outcome: 'idle' }, connection: updated.connection };
}

async function dropTombstone(run: Run, connection: Connection): Promise<StepResult> {
  await run.deps.connections.remove(connection.connectionId, connection.generation);
  return { outcome: { outcome: 'not-found' } };
}
