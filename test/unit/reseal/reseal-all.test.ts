import { describe, expect, it } from 'vitest';
import { PlatformError } from '../../../functions/core/platform-error.ts';
import type { ResealOutcome } from '../../../functions/core/ports/rotation.ts';
import { type ResealProgress, resealAll } from '../../../functions/core/reseal/reseal-all.ts';
import { exampleConnection } from '../../support/fakes/example-records.ts';
import { createFakeConnectionDirectory } from '../../support/fakes/fake-connection-indexes.ts';
import { createConnectionMemory } from '../../support/fakes/fake-connection-store.ts';
import { createManualClock } from '../../support/fakes/manual-clock.ts';

const resealed: ResealOutcome = { outcome: 'resealed', tokens: 2, unreadable: 0 };
const unchanged: ResealOutcome = { outcome: 'unchanged', unreadable: 0 };

/** A table of that size. Each connection answers once what the test says, and `unchanged` from then on. */
function fleetOf(
  size: number,
  first: (connectionId: string) => ResealOutcome | PlatformError = () => resealed,
) {
  const memory = createConnectionMemory();
  const ids = Array.from({ length: size }, (_, at) => `fleet.${String(at).padStart(4, '0')}`);
  for (const connectionId of ids) memory.connections.set(connectionId, exampleConnection({ connectionId }));
  const clock = createManualClock();
  const asked: string[] = [];
  const seen: ResealProgress[] = [];
  const resealer = {
    async reseal(connectionId: string) {
      const answer = asked.includes(connectionId) ? unchanged : first(connectionId);
      asked.push(connectionId);
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  const startedAt = clock.monotonicMs();
  return {
    ids,
    asked,
    seen,
    run: (options: { maxPerSecond?: number; after?: string } = {}) =>
      resealAll(
        { directory: createFakeConnectionDirectory(memory), resealer, clock },
        { maxPerSecond: 50, ...options },
        (progress) => seen.push(progress),
      ),
    seconds: () => (clock.monotonicMs() - startedAt) / 1000,
  };
}

describe('The re-seal of a fleet', () => {
  it('repeats the pass until a whole one finds nothing, and reports its progress', async () => {
    const fleet = fleetOf(30);
    expect(await fleet.run()).toEqual({
      pass: 2,
      read: 30,
      resealed: 0,
      left: 0,
      unreadable: [],
      complete: true,
      after: 'fleet.0023',
    });
    expect(fleet.asked).toEqual([...fleet.ids, ...fleet.ids]);
    const firstPass = fleet.seen.filter(({ pass }) => pass === 1);
    expect(firstPass.map(({ read, resealed: done }) => [read, done])).toEqual([
      [8, 8],
      [16, 16],
      [24, 24],
      [30, 30],
    ]);
  });

  it('keeps to the maximum per second', async () => {
    const fleet = fleetOf(100, () => unchanged);
    await fleet.run({ maxPerSecond: 5 });
    expect(fleet.seconds()).toBeGreaterThanOrEqual(19);
    expect(fleet.seconds()).toBeLessThanOrEqual(21);
  });

  it('goes on where it was stopped, and then looks at those before once more', async () => {
    const fleet = fleetOf(20, () => unchanged);
    const report = await fleet.run({ after: 'fleet.0011' });
    expect(fleet.asked).toEqual([...fleet.ids.slice(12), ...fleet.ids]);
    expect(report).toMatchObject({ pass: 2, complete: true });
  });

  it('returns to connections that were in use or out of reach', async () => {
    const unreachable = new PlatformError('ROTATOR_UNAVAILABLE', 'throttled');
    const fleet = fleetOf(3, (id) =>
      id === 'fleet.0001' ? { outcome: 'busy' } : id === 'fleet.0002' ? unreachable : unchanged,
    );
    const report = await fleet.run();
    expect(fleet.seen[0]).toMatchObject({ pass: 1, read: 3, left: 2 });
    expect(report).toMatchObject({ pass: 2, left: 0, complete: true });
  });

  it('names those whose token opens under no key, once, and is complete without them', async () => {
    const broken: ResealOutcome = { outcome: 'unchanged', unreadable: 1 };
    const fleet = fleetOf(3, (id) => (id === 'fleet.0001' ? broken : resealed));
    expect(await fleet.run()).toMatchObject({ unreadable: ['fleet.0001'], complete: true });
  });

  it('is not complete while a connection stays in use', async () => {
    const always = { reseal: async (): Promise<ResealOutcome> => ({ outcome: 'busy' }) };
    const memory = createConnectionMemory();
    memory.connections.set('a', exampleConnection({ connectionId: 'a' }));
    const deps = {
      directory: createFakeConnectionDirectory(memory),
      resealer: always,
      clock: createManualClock(),
    };
    expect(await resealAll(deps, { maxPerSecond: 50 })).toMatchObject({ pass: 5, left: 1, complete: false });
  });

  it.each([
    ['the key is disabled', { outcome: 'key-unavailable' } as const, 'KEY_UNAVAILABLE'],
    ['the function is out of reach', new PlatformError('ROTATOR_UNAVAILABLE', 'no'), 'ROTATOR_UNAVAILABLE'],
  ])('stops when nothing moves because %s', async (_why, answer, code) => {
    const fleet = fleetOf(100, () => answer);
    await expect(fleet.run()).rejects.toMatchObject({ code });
    expect(fleet.asked.length).toBeLessThan(30);
  });

  it('stops at once without the permission', async () => {
    const fleet = fleetOf(100, () => new PlatformError('ACCESS_DENIED', 'no'));
    await expect(fleet.run()).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
    expect(fleet.asked.length).toBeLessThanOrEqual(8);
  });
});
