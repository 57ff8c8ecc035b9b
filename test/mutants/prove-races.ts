import fc from 'fast-check';
import { it } from 'vitest';
import { checkRaces } from '../races/fakes/check-races.ts';
import { racePlans } from '../races/fakes/race-plan.ts';

/** Schedules of one seed over the real use cases, up to the first that breaks a rule; nothing is shrunk. */
export function proveRaces(runs: number, seed: number): void {
  it(`no rule is broken in ${runs} races of seed ${seed}`, { timeout: 60_000 }, async () => {
    const { failures } = await checkRaces({ runs, seed, plans: fc.noShrink(racePlans) });
    const [failure] = failures;
    if (failure) throw new Error(failure.what);
  });
}
