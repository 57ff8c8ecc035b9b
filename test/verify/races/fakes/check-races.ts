import fc, { type Scheduler } from 'fast-check';
import { worldGoesOn } from '../../faults/crash-world.ts';
import {
  BEYOND_MODEL,
  type BeyondModel,
  createReplays,
  type ReplayOf,
  refusedLogs,
} from '../follow-model.ts';
import { isFalseClaim } from '../race-terms.ts';
import { playRace, prepareActors } from './race-actors.ts';
import { checkAftermath } from './race-aftermath.ts';
import { keptTokens } from './race-history.ts';
import { type RacePlan, racePlans } from './race-plan.ts';
import { brokenInRace, type Finished, leftInCache, missingDue } from './race-rules.ts';
import { prepareStart } from './race-start.ts';
import { createRaceWorld, startRace, type Weakening } from './race-world.ts';

export interface RacesToCheck {
  readonly runs: number;
  readonly seed?: number;
  /** Replays one schedule of that seed. */
  readonly path?: string;
  readonly plans?: fc.Arbitrary<RacePlan>;
  readonly weaken?: Weakening;
  /** Following a race through the model takes longer than the race: one in this many is followed. Default: all. */
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

export interface RaceOptions {
  /** The protocol model, which must allow whatever took effect. Absent: the race is not followed through it. */
  readonly replays?: ReplayOf;
  readonly weaken?: Weakening;
}

export interface RaceResult {
  /** Empty is good. */
  readonly broken: readonly string[];
  readonly answers: readonly string[];
  readonly posts: number;
  readonly lostInWindow: boolean;
  readonly lostToFalseClaim: boolean;
  /** Whether the race was followed through the model; absent where no replay was asked for. */
  readonly followed?: 'followed' | BeyondModel;
}

/** One race: the situation, the actors all at once in the scheduler's order, then days in which nothing more fails. */
export async function runRace(
  plan: RacePlan,
  scheduler: Scheduler,
  { replays, weaken }: RaceOptions = {},
): Promise<RaceResult> {
  const { mode, revocation } = plan;
  const world = createRaceWorld({ mode, revocation, ...(weaken && { weaken }) });
  await prepareStart(world, plan);
  const works = await prepareActors(world, plan);
  const race = startRace(world, scheduler);
  const startedAt = world.clock.monotonicMs();
  const played = await playRace(race, works, plan);
  const tookMs = world.clock.monotonicMs() - startedAt;
  const atTheEnd = [...missingDue(race), ...leftInCache({ race, played })];
  await worldGoesOn(world.strong, undefined);
  const kept = await keptTokens(world.strong, race.history);
  const finished = { plan, race, played, kept, tookMs };
  const { broken, lostInWindow, lostToFalseClaim } = await checkAftermath(finished);
  const beyond = beyondModel(finished);
  const refused = replays && !beyond ? refusedLogs(await world.effects.logs(), replays(plan)) : [];
  return {
    broken: [...atTheEnd, ...brokenInRace(finished), ...broken, ...refused],
    answers: played.answers,
    posts: race.posts.posts.length,
    lostInWindow,
    lostToFalseClaim,
    ...(replays && { followed: beyond ?? 'followed' }),
  };
}

const IS_IN: Readonly<Record<BeyondModel, (finished: Finished) => boolean>> = {
  crossing: ({ race }) => race.crossings.length > 0,
  import: ({ race }) => race.history.stored.some(({ connection }) => connection.importedFrom !== undefined),
  withdrawal: ({ race }) => race.history.cached.some(({ invalidated }) => invalidated !== undefined),
  'two endings': ({ race }) => {
    const ends = race.history.stored.filter(({ connection }) => connection.state === 'disconnecting');
    return new Set(ends.map(({ connection }) => connection.generation)).size > 1;
  },
  'false claim': ({ race, plan }) =>
    isFalseClaim(plan.revocation) && race.world.revocations.some(({ ended }) => ended.length > 0),
};

function beyondModel(finished: Finished): BeyondModel | undefined {
  return BEYOND_MODEL.find((what) => IS_IN[what](finished));
}
