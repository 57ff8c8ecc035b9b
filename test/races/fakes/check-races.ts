import fc, { type Scheduler } from 'fast-check';
import { createReplay } from '../../model/replay/replay.ts';
import { type RacePlan, racePlans } from './race-plan.ts';
import type { Weakening } from './race-world.ts';
import { runRace } from './run-race.ts';

export interface RacesToCheck {
  readonly runs: number;
  readonly seed?: number;
  /** Replays one schedule of that seed. */
  readonly path?: string;
  readonly plans?: fc.Arbitrary<RacePlan>;
  readonly weaken?: Weakening;
  /** Following a race through the model takes longer than the race: one in so many is followed; all by default. */
  readonly replayOneIn?: number;
}

export interface RaceFigures {
  readonly runs: number;
  readonly posts: number;
  readonly lostInWindow: number;
  readonly replayedThroughModel: number;
  readonly failures: readonly RaceFailure[];
}

export interface RaceFailure {
  readonly seed: number;
  readonly path: string;
  /** Which rules were broken, by which plan, in which order. */
  readonly what: string;
}

/** Runs schedules until one breaks a rule; that one is shrunk and can be replayed from its seed and path. */
export async function checkRaces(races: RacesToCheck): Promise<RaceFigures> {
  const { runs, seed, path, plans = racePlans, weaken, replayOneIn = 1 } = races;
  const figures = { posts: 0, lostInWindow: 0, replayedThroughModel: 0 };
  const replays = {
    reuse: createReplay({ mode: 'reuse' }),
    grace: createReplay({ mode: 'grace' }),
    strict: createReplay({ mode: 'strict' }),
    family: createReplay({ mode: 'family' }),
  };
  const order = fc.noShrink(fc.nat());
  const property = fc.asyncProperty(plans, order, async (plan, orderSeed) => {
    const scheduler = schedulerOf(orderSeed);
    const result = await runRace(plan, scheduler, {
      ...(weaken ? { weaken } : orderSeed % replayOneIn === 0 && { replays }),
    });
    figures.posts += result.posts;
    if (result.replayed) figures.replayedThroughModel += 1;
    if (result.lostInWindow) figures.lostInWindow += 1;
    if (result.broken.length > 0) throw new Error([...result.broken, String(scheduler)].join('\n'));
  });
  const details = await fc.check(property, {
    numRuns: runs,
    // That a weakened design fails is the point, not how little it takes.
    endOnFailure: weaken !== undefined,
    ...(seed !== undefined && { seed }),
    ...(path !== undefined && { path }),
  });
  return { runs: details.numRuns, ...figures, failures: details.failed ? [failureOf(details)] : [] };
}

/** The same order for the same seed, however often a shrinking search comes back to it. */
function schedulerOf(seed: number): Scheduler {
  const [scheduler] = fc.sample(fc.scheduler(), { seed, numRuns: 1 });
  if (!scheduler) throw new Error('fast-check made no scheduler.');
  return scheduler;
}

function failureOf(details: fc.RunDetails<[RacePlan, number]>): RaceFailure {
  const { seed, counterexamplePath, errorInstance, counterexample } = details;
  const error = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
  return {
    seed,
    path: counterexamplePath ?? '',
    what: `${error}\nplan: ${JSON.stringify(counterexample?.[0])}\nreplay: --seed ${seed} --path ${counterexamplePath}`,
  };
}
