import type { Connection } from '../../../../functions/core/connection/connection.ts';
import { KEPT_PLANS } from './kept-plans.ts';
import { layFaults, layKill } from './race-faults.ts';
import { raceOperations } from './race-operations.ts';
import { isVend, type RacePlan, racePlan } from './race-plan.ts';
import { type BeyondModel, createRaceReplay, type RaceReplay } from './race-replay.ts';
import { RACE_RULES } from './race-rules.ts';
import { type RaceScene, setScene } from './race-scene.ts';
import { isLive, type RaceStory, tellStory } from './race-story.ts';
import { traceOf } from './race-trace.ts';
import { type RaceWorld, type StackRevocation, startRaceWorld } from './race-world.ts';
import { askStandIn } from './stand-in-call.ts';

export interface StackRaceOptions {
  /** The cloud assembly to run, with the real bundles. */
  readonly cdkOut: string;
  /** Beside the kept plans. */
  readonly runs: number;
  /** The first run's; the others follow. One run of a failing seed is that run again. */
  readonly seed: number;
  /** What a revocation ends at Adobe. Default: the whole grant. */
  readonly reach?: StackRevocation['ends'];
  readonly onProgress?: (sentence: string) => void;
}

export interface StackRaceReport {
  readonly revocation: StackRevocation;
  readonly runs: number;
  readonly failures: readonly StackRaceFailure[];
  readonly operations: number;
  readonly vended: number;
  readonly posts: number;
  readonly faultsMet: number;
  readonly kills: number;
  readonly recovered: number;
  readonly disconnected: number;
  readonly grantsKept: number;
  /** A successor that IMS issued and nobody of ours had stored when its process, or its answer, was gone. */
  readonly lostInWindow: number;
  /** Runs that the protocol model allows, step by step, and what took effect in them. */
  readonly followedByModel: number;
  readonly stepsFollowed: number;
  /** Of the same logs told without their leases: how many the model let pass, which it never should, and refused. */
  readonly forgeries: { readonly allowed: number; readonly refused: number };
  /** Runs that hold something the model has no step for: they are judged by the rules alone. */
  readonly beyondModel: Readonly<Record<BeyondModel, number>>;
}

export interface StackRaceFailure {
  readonly seed: number;
  readonly what: readonly string[];
  /** The plan, and what was seen in its order. */
  readonly trace: readonly string[];
}

/** Runs at once. They share workers and IMS, but neither connections nor users. */
const AT_ONCE = 8;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Races of the deployed vault: real bundles, real clients of AWS, HTTP to the stand-ins. */
export async function runStackRaces(options: StackRaceOptions): Promise<StackRaceReport> {
  const { runs, seed, onProgress = () => undefined, reach = 'grant' } = options;
  const plans = [...KEPT_PLANS, ...Array.from({ length: runs }, (_, run) => racePlan(seed + run))];
  const world = await startRaceWorld(options.cdkOut, reach);
  const outcomes: RunOutcome[] = [];
  const replay = createRaceReplay(world.revocation);
  try {
    await warmUp(world);
    for (const batch of batches(plans)) {
      outcomes.push(...(await runBatch(world, batch, replay)));
      onProgress(`${outcomes.length} of ${plans.length} races on the local stack`);
    }
  } finally {
    await world.stop();
  }
  return reportOf(outcomes, world.revocation);
}

/** Starts the workers, so that the first races are not those of cold starts. */
async function warmUp(world: RaceWorld): Promise<void> {
  const connectionId = 'demo.nobody';
  const three = [1, 2, 3];
  await Promise.all(three.map(() => world.stack.invoke('rotate:live', { connectionId })));
  await Promise.all([
    ...three.map(() =>
      world
        .clientAs('LightroomReaderRole')
        .getAccessToken(connectionId)
        .catch(() => undefined),
    ),
    world.stack.invoke('reconcile', {}),
    world.api.status(connectionId),
  ]);
}

/** Troubled runs apart: what they do to the breakers must not explain what a quiet run does. */
function batches(plans: readonly RacePlan[]): RacePlan[][] {
  const isTroubled = ({ imsFault, kill }: RacePlan): boolean => imsFault !== undefined || kill !== undefined;
  return [plans.filter((plan) => !isTroubled(plan)), plans.filter(isTroubled)].flatMap((alike) =>
    Array.from({ length: Math.ceil(alike.length / AT_ONCE) }, (_, at) =>
      alike.slice(at * AT_ONCE, (at + 1) * AT_ONCE),
    ),
  );
}

interface RunOutcome {
  readonly story: RaceStory;
  readonly what: readonly string[];
  readonly replayed: RaceReplay;
}

async function runBatch(
  world: RaceWorld,
  plans: readonly RacePlan[],
  replay: ReturnType<typeof createRaceReplay>,
): Promise<RunOutcome[]> {
  await closeBreakers(world);
  const scenes: RaceScene[] = [];
  for (const plan of plans) scenes.push(await setScene(world, plan));
  for (const scene of scenes) {
    layFaults(world, scene);
    layKill(world, scene);
  }
  await raceOperations(world, scenes);
  await settle(world);
  const ledger = world.ims.ledger.snapshot();
  const troubles = world.troubles();
  const outcomes: RunOutcome[] = [];
  for (const scene of scenes) {
    const story = await tellStory(world, scene, ledger);
    const replayed = await replay(world, scene);
    const refused = replayed.kind === 'followed' ? replayed.refused : [];
    const broken = RACE_RULES.flatMap((rule) => rule(story));
    outcomes.push({ story, replayed, what: [...broken, ...refused, ...troubles] });
    await world.forget(scene.connectionId);
  }
  return outcomes;
}

/** Long enough for leases to end, for parked successors to fire, and for four refusals to be believed. */
async function settle({ stack, ims }: RaceWorld): Promise<void> {
  await stack.time.whenIdle();
  stack.faults.clear();
  ims.faults.clear();
  await stack.time.advanceBy(5 * MINUTE_MS);
  await stack.time.advanceBy(40 * HOUR_MS, { recurringEveryMs: 8 * HOUR_MS });
}

async function closeBreakers({ stack, tables }: RaceWorld): Promise<void> {
  const body = { TableName: tables.ephemeral, Key: { key: { S: 'breakers' } } };
  await askStandIn(stack.dynamodb, { operation: 'DeleteItem', body });
}

function reportOf(outcomes: readonly RunOutcome[], revocation: StackRevocation): StackRaceReport {
  const stories = outcomes.map(({ story }) => story);
  const sum = (count: (story: RaceStory) => number): number =>
    stories.reduce((total, story) => total + count(story), 0);
  const forgeries = (end: 'allowed' | 'refused'): number =>
    outcomes.filter(({ replayed }) => replayed.kind === 'followed' && replayed.forgery === end).length;
  const failed = outcomes.filter(({ what }) => what.length > 0);
  const beyond = (what: BeyondModel): number =>
    outcomes.filter(({ replayed }) => replayed.kind === 'beyond' && replayed.what === what).length;
  return {
    revocation,
    runs: outcomes.length,
    failures: failed.map(({ story, what }) => ({
      seed: story.scene.plan.seed,
      what: [...new Set(what)],
      trace: traceOf(story),
    })),
    operations: sum(({ log }) => log.calls.length),
    vended: sum(
      ({ log }) => log.calls.filter(({ operation, status }) => isVend(operation) && status === 200).length,
    ),
    posts: sum(({ log }) => log.posts.filter(({ byTest }) => !byTest).length),
    faultsMet: sum(({ log }) => log.struck.length),
    kills: sum(({ log }) => log.struck.filter((what) => what.startsWith('kill')).length),
    recovered: sum(({ scene, log }) =>
      scene.parked && isRecovered(log.connectionWrites.map(({ after }) => after)) ? 1 : 0,
    ),
    disconnected: sum(({ last }) => (last?.state === 'disconnected' ? 1 : 0)),
    grantsKept: sum((story) => (isKept(story) ? 1 : 0)),
    lostInWindow: sum((story) => (isLive(story.last) && !isKept(story) ? 1 : 0)),
    followedByModel: outcomes.filter(({ replayed }) => replayed.kind === 'followed').length,
    stepsFollowed: outcomes.reduce(
      (steps, { replayed }) => steps + (replayed.kind === 'followed' ? replayed.steps : 0),
      0,
    ),
    forgeries: { allowed: forgeries('allowed'), refused: forgeries('refused') },
    beyondModel: { crossing: beyond('crossing'), import: beyond('import'), withdrawal: beyond('withdrawal') },
  };
}

const isRecovered = (states: readonly (Connection | undefined)[]): boolean =>
  states.some((after) => after?.commitIds[0] === 'commit-of-the-rotator-that-is-gone');

function isKept({ last, seen }: RaceStory): boolean {
  const held = [last?.refresh, last?.previous, last?.alternate];
  return held.some((token) => token !== undefined && seen(token).standing === 'good');
}
