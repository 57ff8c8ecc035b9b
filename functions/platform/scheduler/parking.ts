import type { TokenIdentity } from '../../core/domain/connection.ts';
import { readParkedInput, writeParkedInput } from '../../core/domain/parked-input.ts';
import { PlatformFault } from '../../core/domain/platform-fault.ts';
import type { ParkedSuccessor } from '../../core/domain/rotate-request.ts';
import { parkingName } from '../../core/domain/schedule-names.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Parking } from '../../core/ports/parking.ts';
import { createRotateSchedules, type RotateSchedulesDependencies } from './rotate-schedules.ts';

export interface ParkingDependencies extends RotateSchedulesDependencies {
  readonly clock: Pick<Clock, 'nowMs'>;
}

/** Scheduler refuses an end in the past; a successor whose life we misjudged still gets its tries. */
const SHORTEST_STAY_MS = 3_600_000;
/** The next minute is the next try. */
const RETRY = { attempts: 0, ageSeconds: 60 };

export function createParking(deps: ParkingDependencies): Parking {
  const schedules = createRotateSchedules(deps);

  async function find(replaced: TokenIdentity): Promise<ParkedSuccessor | undefined> {
    const input = await schedules.inputOf(parkingName(replaced));
    if (input === undefined) return undefined;
    const parked = readParkedInput(parseJson(input));
    // Something is parked there. To call it nothing would have the replaced token posted again.
    if (!parked || !replaces(parked, replaced)) throw unreadable();
    return parked;
  }

  return {
    find,
    async park(successor) {
      const endMs = Math.max(successor.refreshExpiresAtMs, deps.clock.nowMs() + SHORTEST_STAY_MS);
      const result = await schedules.create({
        name: parkingName(successor),
        ScheduleExpression: 'rate(1 minute)',
        EndDate: new Date(endMs),
        ActionAfterCompletion: 'DELETE',
        FlexibleTimeWindow: { Mode: 'OFF' },
        input: writeParkedInput(successor),
        retry: RETRY,
      });
      if (result === 'created') return;
      // Our own earlier try, or another successor in the same place, which must not pass for this one.
      const parked = await find(successor);
      if (parked?.commitId !== successor.commitId) throw occupied();
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

const unreadable = (): PlatformFault =>
  new PlatformFault('SCHEDULER_UNAVAILABLE', 'A parked successor is there, but its input is unreadable.', {
    reason: 'UnreadableInput',
  });

const occupied = (): PlatformFault =>
  new PlatformFault('SCHEDULER_UNAVAILABLE', 'Another successor is parked in the same place.', {
    reason: 'AnotherSuccessor',
  });
