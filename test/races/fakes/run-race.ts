import type { Scheduler } from 'fast-check';
import { worldGoesOn } from '../../crash-points/world-goes-on.ts';
import { playRace, prepareActors } from './race-actors.ts';
import { judgeAftermath } from './race-aftermath.ts';
import { keptTokens } from './race-history.ts';
import type { RacePlan } from './race-plan.ts';
import { brokenInRace, missingWakes } from './race-rules.ts';
import { prepareStart } from './race-start.ts';
import { createRaceWorld, startRace, type Weakening } from './race-world.ts';

export interface RaceResult {
  /** Empty is good. */
  readonly broken: readonly string[];
  readonly told: readonly string[];
  readonly posts: number;
  readonly lostInWindow: boolean;
}

/** One race: the situation, the actors all at once in the scheduler's order, then days in which nothing more fails. */
export async function runRace(plan: RacePlan, scheduler: Scheduler, weaken?: Weakening): Promise<RaceResult> {
  const world = createRaceWorld({ mode: plan.mode, ...(weaken && { weaken }) });
  await prepareStart(world, plan.start);
  const works = await prepareActors(world, plan);
  const race = startRace(world, scheduler);
  const startedAt = world.clock.monotonicMs();
  const played = await playRace(race, works, plan);
  const tookMs = world.clock.monotonicMs() - startedAt;
  const missing = missingWakes(race);
  await worldGoesOn(world.strong, undefined);
  const kept = await keptTokens(world.strong, race.history);
  const finished = { plan, race, played, kept, tookMs };
  const { broken, lostInWindow } = await judgeAftermath(finished);
  return {
    broken: [...missing, ...brokenInRace(finished), ...broken],
    told: played.told,
    posts: race.posts.posts.length,
    lostInWindow,
  };
}
