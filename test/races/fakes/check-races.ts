import fc from 'fast-check';
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
}

export interface RaceFigures {
  readonly runs: number;
  readonly posts: number;
  readonly lostInWindow: number;
  readonly failures: readonly RaceFailure[];
}

export interface RaceFailure {
  readonly seed: number;
  readonly path: string;
  /** Which rules were broken, by which plan, in which order. */
  readonly what: string;
}

/** Runs schedules until one breaks a rule; that one is shrunk and can be replayed from its seed and path. */
export async function checkRaces({
  runs,
  seed,
  path,
  plans = racePlans,
  weaken,
}: RacesToCheck): Promise<RaceFigures> {
  const figures = { posts: 0, lostInWindow: 0 };
  const property = fc.asyncProperty(plans, fc.scheduler(), async (plan, scheduler) => {
    const result = await runRace(plan, scheduler, weaken);
    figures.posts += result.posts;
    if (result.lostInWindow) figures.lostInWindow += 1;
    if (result.broken.length > 0) throw new Error(result.broken.join('\n'));
  });
  const details = await fc.check(property, {
    numRuns: runs,
    ...(seed !== undefined && { seed }),
    ...(path !== undefined && { path }),
  });
  const failures = details.failed
    ? [
        {
          seed: details.seed,
          path: details.counterexamplePath ?? '',
          what: `${messageOf(details.errorInstance)}\n${fc.defaultReportMessage(details)}`,
        },
      ]
    : [];
  return { runs: details.numRuns, ...figures, failures };
}

const messageOf = (error: unknown) =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
