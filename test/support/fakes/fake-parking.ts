import type { TokenIdentity } from '../../../functions/core/connection/connection.ts';
import type { Parking } from '../../../functions/core/ports/schedules.ts';
import type { ParkedSuccessor } from '../../../functions/core/rotation/parked-successor.ts';

export interface FakeParking extends Parking {
  /** What waits now; each fires every minute until removed or expired. */
  parked(): readonly ParkedSuccessor[];
  readonly places: ReadonlyMap<string, ParkedSuccessor>;
}

export function createFakeParking(): FakeParking {
  const places = new Map<string, ParkedSuccessor>();
  return {
    places,
    parked: () => structuredClone([...places.values()]),
    async park(successor) {
      await Promise.resolve();
      const place = placeOf(successor);
      const parked = places.get(place);
      if (parked !== undefined)
        return Buffer.from(parked.sealed).equals(successor.sealed) ? 'parked' : 'occupied';
      places.set(place, structuredClone(successor));
      return 'parked';
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

function placeOf({ connectionId, generation, version }: TokenIdentity) {
  return `${connectionId} ${generation} ${version}`;
}
