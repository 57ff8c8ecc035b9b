import { canaryResult } from '../../domain/canary-result.ts';
import type { Connection } from '../../domain/connection.ts';
import { HOUR_MS } from '../../domain/durations.ts';
import { isKeptByRotating } from '../../domain/kept-by-rotating.ts';
import type { RotateOutcome, RotateRequest } from '../../domain/rotate-request.ts';
import type { Deadline } from '../deadline.ts';
import { adopt } from './adopt.ts';
import { publishOutbox } from './publish-outbox.ts';
import { withRepairedMoments } from './repair-moments.ts';
import { revoke } from './revoke.ts';
import { revokeAccessTokens } from './revoke-access-tokens.ts';
import { rotateToken } from './rotate-token.ts';
import type { RotationDeps } from './rotation-deps.ts';
import { amendAsRead, type Run, randomId, type StepResult } from './run.ts';
import { giveUp, warnOfExpiry } from './settle-state.ts';
import { type Work, workFor } from './work.ts';

export type Rotate = (request: RotateRequest, deadline: Deadline) => Promise<RotateOutcome>;

/**
 * Does whatever a connection's wake, or a caller, asks: rotate, adopt a parked successor, warn, revoke, drop a tombstone,
 * publish events. Every way out leaves the connection's next wake stored and armed.
 * Throws only what the ports throw when nothing could be done at all.
 */
export function createRotate(deps: RotationDeps): Rotate {
  return async (request, deadline) => {
    const run: Run = { deps, request, deadline, attemptId: randomId(deps) };
    const read = await deps.connections.read(request.connectionId);
    const connection = read && (await withRepairedMoments(run, read));
    const result = connection ? await work(run, connection) : await workWithout(run);
    if (result.connection) await publishOutbox(run, result.connection);
    deps.telemetry.measure('Rotations', 1, 'Count', { outcome: result.outcome.outcome });
    measureSafety(deps, result.connection);
    if (request.trigger === 'canary') {
      const verdict = canaryResult(result.outcome, result.connection);
      deps.telemetry.measure('CanaryRuns', 1, 'Count', { result: verdict });
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
 * A refused connection is always due when its back-off ends, so the wake never comes that is for its owed revocations alone:
 * they follow the refusal. Only where no caller waits.
 */
async function revokeAfterRefusal(run: Run, result: StepResult): Promise<StepResult> {
  const { outcome, connection } = result;
  if (run.request.trigger !== 'alarm' || !connection || connection.revocations.length === 0) return result;
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
  adopt: (run, connection) =>
    run.request.parked ? adopt(run, connection, run.request.parked) : nothing(run, connection),
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

/** An alarm rang for a connection that is not there (any more). */
async function workWithout(run: Run): Promise<StepResult> {
  if (run.request.parked) return adopt(run, undefined, run.request.parked);
  return { outcome: { outcome: 'not-found' } };
}

/** An early alarm: an on-demand refresh moved the due time. The next one is armed here. */
async function nothing(run: Run, connection: Connection): Promise<StepResult> {
  const amended = await amendAsRead(run, connection, {});
  return { outcome: { outcome: 'idle' }, connection: amended.connection };
}

async function dropTombstone(run: Run, connection: Connection): Promise<StepResult> {
  await run.deps.connections.remove(connection.connectionId, connection.generation);
  return { outcome: { outcome: 'not-found' } };
}
