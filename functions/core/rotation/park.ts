import type { Connection, TokenIdentity } from '../connection/connection.ts';
import { ASSUMED_REFRESH_LIFE_MS } from '../connection/lifetime.ts';
import { ownerProof } from './parked-owner.ts';
import { classifyEnvelope } from './recover.ts';
import type { ParkedSuccessor } from './rotate-request.ts';
import type { Run } from './run.ts';
import type { Succession } from './successor.ts';

/** The form in which a successor waits; `undefined` when the answer brought none. */
export function parkedFrom(
  run: Run,
  connection: Connection,
  succession: Succession,
): ParkedSuccessor | undefined {
  const { refresh, newRefreshToken } = succession;
  if (!refresh || !newRefreshToken) return undefined;
  const nowMs = run.deps.clock.nowMs();
  const { connectionId, generation, version, subjectKey } = connection;
  const owner = subjectKey === undefined ? {} : { subjectKey };
  return {
    connectionId,
    generation,
    version,
    sealed: refresh.sealed,
    commitId: succession.commitId,
    parkedAtMs: nowMs,
    refreshExpiresAtMs: succession.changes.refreshExpiresAtMs ?? nowMs + ASSUMED_REFRESH_LIFE_MS,
    sliding: succession.changes.sliding ?? 'unknown',
    ...owner,
    ownerProof: ownerProof(newRefreshToken, { connectionId, generation, version, ...owner }),
  };
}

/** Puts a successor where the next claimer, and a recurring schedule, will find it. */
export async function parkOnce(run: Run, parked: ParkedSuccessor | undefined): Promise<boolean> {
  if (parked === undefined) return false;
  try {
    if (!(await parkIn(run, parked))) return false;
  } catch (error) {
    run.deps.telemetry.warn('A successor could not be parked.', {
      connectionId: parked.connectionId,
      reason: error instanceof Error ? error.name : 'unknown',
    });
    return false;
  }
  run.deps.telemetry.error('A successor could not be committed and was parked.', undefined, {
    connectionId: parked.connectionId,
  });
  run.deps.telemetry.measure('SuccessorParked', 1, 'Count');
  return true;
}

async function parkIn(run: Run, parked: ParkedSuccessor): Promise<boolean> {
  const { parking } = run.deps;
  if ((await parking.park(parked)) === 'parked') return true;
  return (await makeRoom(run, parked)) && (await parking.park(parked)) === 'parked';
}

/**
 * The name of a parking place can be computed by anyone who can create schedules. What is there and does not open is no
 * successor, and must not cost a real one its place. One that opens stays: it may be the only copy of a living token.
 */
async function makeRoom(run: Run, parked: ParkedSuccessor): Promise<boolean> {
  const { parking, telemetry } = run.deps;
  const occupant = await parking.find(parked);
  if (occupant && (await classifyEnvelope(run, undefined, occupant)) !== 'refused') {
    telemetry.error('Another successor is parked in the same place.', undefined, {
      connectionId: parked.connectionId,
    });
    return false;
  }
  await parking.remove(parked);
  return true;
}

/** Nothing holds the successor any more. */
export function reportSuccessorLost({ deps }: Run, replaced: TokenIdentity): void {
  const { connectionId, generation, version } = replaced;
  deps.telemetry.error('A successor could be stored nowhere.', undefined, {
    connectionId,
    generation,
    version,
  });
  deps.telemetry.measure('SuccessorLost', 1, 'Count');
}
