import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parkingName, scheduleName } from '../../../../functions/core/connection/due.ts';

it('names are ones Scheduler accepts, whatever the connection', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.nat(), fc.nat(), (id, generation, version, atMs) => {
      expect(scheduleName(id, generation, version, atMs)).toMatch(/^[0-9a-zA-Z-_.]{1,64}$/);
      expect(parkingName({ connectionId: id, generation, version })).toMatch(/^[0-9a-zA-Z-_.]{1,64}$/);
    }),
  );
});

it('a due time keeps its name within one minute and changes it with anything else', () => {
  const name = scheduleName('a', 'G', 1, 60_000);
  expect(scheduleName('a', 'G', 1, 119_999)).toBe(name);
  const others = [
    scheduleName('a', 'G', 1, 120_000),
    scheduleName('a', 'G', 2, 60_000),
    scheduleName('a', 'H', 1, 60_000),
    scheduleName('b', 'G', 1, 60_000),
    parkingName({ connectionId: 'a', generation: 'G', version: 1 }),
  ];
  expect(new Set([name, ...others]).size).toBe(6);
});

it('parts of a name cannot run into one another', () => {
  const one = parkingName({ connectionId: 'a', generation: '1', version: 1 });
  expect(parkingName({ connectionId: 'a1', generation: '', version: 1 })).not.toBe(one);
});
