import fc from 'fast-check';
import { it } from 'vitest';
import { runRace } from '../races/fakes/check-races.ts';
import { racePlans } from '../races/fakes/race-plan.ts';

/** Races of one seed over the real use cases, until the first that breaks a rule; nothing is shrunk. */
export function proveRaces(runs: number, seed: number): void {
  it(`no rule is broken in ${runs} races of seed ${seed}`, async () => {
    const race = fc.asyncProperty(racePlans, fc.scheduler(), async (plan, scheduler) => {
      const { broken } = await runRace(plan, scheduler);
      if (broken.length > 0) throw new Error(broken.join('\n'));
    });
    const { failed, errorInstance } = await fc.check(race, { numRuns: runs, seed, endOnFailure: true });
    if (failed) throw errorInstance;
  });
}
