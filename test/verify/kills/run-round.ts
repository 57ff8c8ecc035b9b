import { until } from '../../support/time/until.ts';
import { findFates, READERS, readsToken, refusals } from './find-fate.ts';
import { inPool } from './in-pool.ts';
import { type CaseFile, judgeFate, type StoredTokenClass } from './judge-fate.ts';
import type { KillWorld, Subject } from './kill-world.ts';
import type { RotationPlan } from './rotation-plan.ts';
import { strike } from './strike.ts';
import type { Testimony } from './witness.ts';

const IDLE_TURNS = 50;
const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
/** A dead holder's lease and the margin for clocks. */
const LEASE_ENDS_MS = 64 * SECOND_MS;
/** Half an hour until a due time counts as missed, an hour to the reconciler's next run, an hour of spread. */
const RECONCILER_HAS_RUN_MS = 3 * HOUR_MS;

export interface Struck {
  readonly subject: Subject;
  readonly plan: RotationPlan;
  readonly testimony: Testimony;
  readonly classified: StoredTokenClass;
}

export interface RoundHooks {
  /** After the killing and before the world goes on. */
  readonly afterStrikes?: (subjects: readonly Subject[]) => void;
}

/** Rotations of many connections at once, killed as planned; then hours pass once for all, and everybody's fate is found. */
export async function runRound(
  world: KillWorld,
  planned: readonly (readonly [Subject, RotationPlan])[],
  { afterStrikes }: RoundHooks = {},
): Promise<Struck[]> {
  const subjects = planned.map(([subject]) => subject);
  const refusedBefore = new Map(subjects.map((subject) => [subject, refusals(world, subject)]));
  const testimonies = await inPool(planned, world.workers, ([subject, plan]) => strike(world, subject, plan));
  world.stack.faults.clear();
  world.ims.faults.clear();
  // What a dead worker had sent is still being processed at IMS; in no world does that take until the lease's end.
  await whenImsIsIdle(world);
  afterStrikes?.(subjects);
  await world.stack.time.advanceBy(LEASE_ENDS_MS);
  const asking = planned.filter(([, { askedSoon }]) => askedSoon).map(([subject]) => subject);
  await inPool(asking, READERS, (subject) => readsToken(world, subject));
  await world.stack.time.advanceBy(RECONCILER_HAS_RUN_MS);
  const fates = await findFates(world, subjects, refusedBefore);
  return planned.map(([subject, plan], at) => {
    const testimony = testimonies[at];
    if (testimony === undefined) throw new Error(`Nobody watched ${subject.connectionId}.`);
    const classified = judgeFate(caseFile(subject, testimony, fates.get(subject) ?? 'unclear'));
    return { subject, plan, testimony, classified };
  });
}

/** A request that a dead worker had just sent reaches the stand-in within a few turns of its loop. */
async function whenImsIsIdle({ ims }: KillWorld): Promise<void> {
  let idleTurns = 0;
  await until(() => {
    idleTurns = ims.inFlight() > 0 ? 0 : idleTurns + 1;
    return idleTurns > IDLE_TURNS;
  });
}

const caseFile = (
  { mode, graceSeconds }: Subject,
  { sightings }: Testimony,
  fate: CaseFile['fate'],
): CaseFile => ({
  mode,
  graceSeconds,
  sightings,
  fate,
});
