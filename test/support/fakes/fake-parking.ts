import type { TokenIdentity } from '../../../functions/core/domain/connection.ts';
import { PlatformFault } from '../../../functions/core/domain/platform-fault.ts';
import type { ParkedSuccessor } from '../../../functions/core/domain/rotate-request.ts';
import type { Parking } from '../../../functions/core/ports/parking.ts';

export interface FakeParking extends Parking {
  /** What waits now; each rings every minute until removed or lapsed. */
  parked(): readonly ParkedSuccessor[];
}

export function createFakeParking(): FakeParking {
  const places = new Map<string, ParkedSuccessor>();
  return {
    parked: () => structuredClone([...places.values()]),
    async park(successor) {
      await Promise.resolve();
      const place = placeOf(successor);
      const parked = places.get(place);
      if (parked !== undefined && parked.commitId !== successor.commitId) {
        throw new PlatformFault('SCHEDULER_UNAVAILABLE', 'Another successor is parked in the same place.', {
          reason: 'AnotherSuccessor',
        });
      }
      if (parked === undefined) places.set(place, structuredClone(successor));
    },
    async find(replaced) {
      await Promise.resolve();
      return structuredClone(places.get(placeOf(replaced)));
    },
    async remove(replaced) {
      await Promise.resolve();
      places.delete(placeOf(replaced));
    },
  };
}

const placeOf = ({ connectionId, generation, version }: TokenIdentity) =>
  `${connectionId} ${generation} ${version}`;
