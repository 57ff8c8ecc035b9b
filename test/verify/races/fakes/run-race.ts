import type { Scheduler } from 'fast-check';
import { worldGoesOn } from '../../faults/crash-world.ts';
import { refusalOf } from '../../model/replay/explain.ts';
import type { Replay } from '../../model/replay/replay.ts';
import { leftInCache } from './ending-rules.ts';
import { playRace, prepareActors } from './race-actors.ts';
import { judgeAftermath } from './race-aftermath.ts';
import { keptTokens } from './race-history.ts';
import type { RacePlan } from './race-plan.ts';
import { brokenInRace, missingDue } from './race-rules.ts';
import { prepareStart } from './race-start.ts';
import { createRaceWorld, type RaceWorld, startRace, type Weakening } from './race-world.ts';
import { type BeyondModel, beyondModel } from './replayed-races.ts';

/** What was worked out for one race serves the next of its kind. */
export type ReplayOf = (plan: Pick<RacePlan, 'mode' | 'revocation'>) => Replay;

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
  /** Whether the race was followed through the model; absent where nobody asked. */
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
  const { broken, lostInWindow, lostToFalseClaim } = await judgeAftermath(finished);
  const beyond = beyondModel(finished);
  const refused = replays && !beyond ? await refusedByModel(world, replays(plan)) : [];
  return {
    broken: [...atTheEnd, ...brokenInRace(finished), ...broken, ...refused],
    answers: played.answers,
    posts: race.posts.posts.length,
    lostInWindow,
    lostToFalseClaim,
    ...(replays && { followed: beyond ?? 'followed' }),
  };
}

async function refusedByModel({ effects }: RaceWorld, replay: Replay): Promise<readonly string[]> {
  const logs = await effects.logs();
  return logs.flatMap((log) => {
    const replayed = replay(log);
    return replayed.allowed ? [] : [refusalOf(log, replayed)];
  });
}
