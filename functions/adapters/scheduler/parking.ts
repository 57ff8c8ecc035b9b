import type { TokenIdentity } from '../../core/connection/connection.ts';
import { parkingName } from '../../core/connection/due.ts';
import type { Clock } from '../../core/ports/platform.ts';
import type { Parking } from '../../core/ports/scheduling.ts';
import {
  type ParkedSuccessor,
  readParkedInput,
  writeParkedInput,
} from '../../core/rotation/parked-successor.ts';
import { createRotateSchedules, type RotateSchedulesDependencies } from './rotation-schedules.ts';

export interface ParkingDependencies extends RotateSchedulesDependencies {
  readonly clock: Pick<Clock, 'nowMs'>;
}

/** Scheduler refuses an end in the past. A successor whose lifetime was estimated too short still gets its attempts. */
const SHORTEST_STAY_MS = 3_600_000;
/** The schedule fires again in the next minute. */
const RETRY = { attempts: 0, ageSeconds: 60 };

export function createParking(deps: ParkingDependencies): Parking {
  const schedules = createRotateSchedules(deps);

  async function find(replaced: TokenIdentity): Promise<ParkedSuccessor | undefined> {
    const input = await schedules.inputOf(parkingName(replaced));
    if (input === undefined) return undefined;
    const parked = readParkedInput(parseJson(input));
    return parked && replaces(parked, replaced) ? parked : unreadable(replaced);
  }

  return {
    find,
    async park(successor) {
      const endMs = Math.max(successor.refreshExpiresAtMs, deps.clock.nowMs() + SHORTEST_STAY_MS);
      const created = await schedules.create({
        name: parkingName(successor),
        ScheduleExpression: 'rate(1 minute)',
        EndDate: new Date(endMs),
        ActionAfterCompletion: 'DELETE',
        FlexibleTimeWindow: { Mode: 'OFF' },
        input: writeParkedInput(successor),
        retry: RETRY,
      });
      if (created === 'created') return 'parked';
      // Either an earlier attempt to park this successor, or something else under the same name.
      const parked = await find(successor);
      return parked && Buffer.from(parked.sealed).equals(successor.sealed) ? 'parked' : 'occupied';
    },
    remove: (replaced) => schedules.remove(parkingName(replaced)),
  };
}

const replaces = (parked: ParkedSuccessor, token: TokenIdentity): boolean =>
  parked.connectionId === token.connectionId &&
  parked.generation === token.generation &&
  parked.version === token.version;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The vault writes no input that it cannot read. The empty seal makes the caller treat it as foreign. */
const unreadable = ({ connectionId, generation, version }: TokenIdentity): ParkedSuccessor => ({
  connectionId,
  generation,
  version,
  sealed: new Uint8Array(),
  commitId: '',
  parkedAtMs: 0,
  refreshExpiresAtMs: 0,
  sliding: 'unknown',
});
