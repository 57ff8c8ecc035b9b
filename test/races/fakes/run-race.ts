import type { Scheduler } from 'fast-check';
import { worldGoesOn } from '../../crash-points/world-goes-on.ts';
import { refusalOf } from '../../model/replay/expect-allowed.ts';
import type { Replay } from '../../model/replay/replay.ts';
import type { ProviderMode } from '../../support/fakes/ims-token-book.ts';
import { playRace, prepareActors } from './race-actors.ts';
import { judgeAftermath } from './race-aftermath.ts';
import { keptTokens } from './race-history.ts';
import type { RacePlan } from './race-plan.ts';
import { brokenInRace, missingWakes } from './race-rules.ts';
import { prepareStart } from './race-start.ts';
import { createRaceWorld, type RaceWorld, startRace, type Weakening } from './race-world.ts';

export interface RaceOptions {
  /** The protocol model, which must allow whatever took effect. Absent: the race is not followed through it. */
  readonly replays?: Readonly<Record<ProviderMode, Replay>>;
  readonly weaken?: Weakening;
}

export interface RaceResult {
  /** Empty is good. */
  readonly broken: readonly string[];
  readonly told: readonly string[];
  readonly posts: number;
  readonly lostInWindow: boolean;
  readonly replayed: boolean;
}

/** One race: the situation, the actors all at once in the scheduler's order, then days in which nothing more fails. */
export async function runRace(
  plan: RacePlan,
  scheduler: Scheduler,
  { replays, weaken }: RaceOptions = {},
): Promise<RaceResult> {
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
  // To the model, looking and revoking are one step: a consent in between is told apart here.
  const replay = race.crossings.length === 0 ? replays?.[plan.mode] : undefined;
  const refused = replay ? await refusedByModel(world, replay) : [];
  return {
    broken: [...missing, ...brokenInRace(finished), ...broken, ...refused],
    told: played.told,
    posts: race.posts.posts.length,
    lostInWindow,
    replayed: replay !== undefined,
  };
}

async function refusedByModel({ effects }: RaceWorld, replay: Replay): Promise<readonly string[]> {
  const logs = await effects.logs();
  return logs.flatMap((log) => {
    const replayed = replay(log);
    return replayed.allowed ? [] : [refusalOf(log, replayed)];
  });
}
