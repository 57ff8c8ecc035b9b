import fc, { type Scheduler } from 'fast-check';
import { type RacePlan, racePlans } from './race-plan.ts';
import type { Weakening } from './race-world.ts';
import { type BeyondModel, createReplays } from './replayed-races.ts';
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
  readonly lostToFalseClaim: number;
  readonly replayedThroughModel: number;
  /** Races that were to be followed and hold something the model has no step for. */
  readonly beyondModel: Readonly<Record<BeyondModel, number>>;
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
  const figures = { posts: 0, lostInWindow: 0, lostToFalseClaim: 0, replayedThroughModel: 0 };
  const beyondModel = { crossing: 0, import: 0, withdrawal: 0, 'false claim': 0, 'two endings': 0 };
  const replays = createReplays();
  const order = fc.noShrink(fc.nat());
  const property = fc.asyncProperty(plans, order, async (plan, orderSeed) => {
    const scheduler = schedulerOf(orderSeed);
    const result = await runRace(plan, scheduler, {
      ...(weaken ? { weaken } : orderSeed % replayOneIn === 0 && { replays }),
    });
    figures.posts += result.posts;
    if (result.followed === 'followed') figures.replayedThroughModel += 1;
    else if (result.followed) beyondModel[result.followed] += 1;
    if (result.lostInWindow) figures.lostInWindow += 1;
    if (result.lostToFalseClaim) figures.lostToFalseClaim += 1;
    if (result.broken.length > 0) throw new Error([...result.broken, String(scheduler)].join('\n'));
  });
  const details = await fc.check(property, {
    numRuns: runs,
    // That a weakened design fails is the point, not how little it takes.
    endOnFailure: weaken !== undefined,
    ...(seed !== undefined && { seed }),
    ...(path !== undefined && { path }),
  });
  const failures = details.failed ? [failureOf(details)] : [];
  return { runs: details.numRuns, ...figures, beyondModel, failures };
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
