import type { Connection } from '../../../../functions/core/connection/connection.ts';
import { createEffectCollector } from '../../model/replay/effect-collector.ts';
import type { EffectLog } from '../../model/replay/observed-step.ts';
import { type BeyondModel, createReplays, refusedLogs } from '../follow-model.ts';
import type { Revocation } from '../race-terms.ts';
import { raceOperations } from './race-actors.ts';
import { layFaults, layKill } from './race-faults.ts';
import { isWithdrawal, type RaceLog } from './race-log.ts';
import { isVend, KEPT_PLANS, type RacePlan, racePlan } from './race-plan.ts';
import { isLive, type RaceRecord, readRecord, traceOf } from './race-record.ts';
import { RACE_RULES } from './race-rules.ts';
import { type PreparedRace, prepareRace } from './race-start.ts';
import { type RaceWorld, startRaceWorld } from './race-world.ts';
import { askStandIn } from './stand-ins.ts';

export interface StackRaceOptions {
  /** The cloud assembly to run, with the real bundles. */
  readonly cdkOut: string;
  /** In addition to the kept plans. */
  readonly runs: number;
  /** The first run's; the others follow. One run of a failing seed is that run again. */
  readonly seed: number;
  /** What a revocation ends at Adobe. Default: the whole grant. */
  readonly reach?: Revocation['ends'];
  readonly onProgress?: (sentence: string) => void;
}

export interface StackRaceReport {
  readonly revocation: Revocation;
  readonly runs: number;
  readonly failures: readonly StackRaceFailure[];
  readonly actors: number;
  readonly vended: number;
  readonly posts: number;
  readonly faultsMet: number;
  readonly kills: number;
  readonly recovered: number;
  readonly disconnected: number;
  readonly grantsKept: number;
  /** A successor that IMS issued and no process of ours had stored when its process, or its answer, was gone. */
  readonly lostInWindow: number;
  /** Runs that the protocol model allows, step by step, and what took effect in them. */
  readonly followedByModel: number;
  readonly stepsFollowed: number;
  /** Of the same logs without their leases: how many the model let pass, which it never should, and refused. */
  readonly forgeries: { readonly allowed: number; readonly refused: number };
  /** Runs that hold something the model has no step for: the rules alone decide them. */
  readonly beyondModel: Readonly<Record<Extract<BeyondModel, 'crossing' | 'import' | 'withdrawal'>, number>>;
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
  const connectionId = 'demo.absent';
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
  readonly record: RaceRecord;
  readonly what: readonly string[];
  readonly replayed: RaceReplay;
}

async function runBatch(
  world: RaceWorld,
  plans: readonly RacePlan[],
  replay: ReturnType<typeof createRaceReplay>,
): Promise<RunOutcome[]> {
  await closeBreakers(world);
  const races: PreparedRace[] = [];
  for (const plan of plans) races.push(await prepareRace(world, plan));
  for (const race of races) {
    layFaults(world, race);
    layKill(world, race);
  }
  await raceOperations(world, races);
  await settle(world);
  const ledger = world.ims.ledger.snapshot();
  const troubles = world.troubles();
  const outcomes: RunOutcome[] = [];
  for (const race of races) {
    const record = await readRecord(world, race, ledger);
    const replayed = await replay(world, race);
    const refused = replayed.kind === 'followed' ? replayed.refused : [];
    const broken = RACE_RULES.flatMap((rule) => rule(record));
    outcomes.push({ record, replayed, what: [...broken, ...refused, ...troubles] });
    await world.forget(race.connectionId);
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

function reportOf(outcomes: readonly RunOutcome[], revocation: Revocation): StackRaceReport {
  const records = outcomes.map(({ record }) => record);
  const sum = (count: (record: RaceRecord) => number): number =>
    records.reduce((total, record) => total + count(record), 0);
  const forgeries = (end: 'allowed' | 'refused'): number =>
    outcomes.filter(({ replayed }) => replayed.kind === 'followed' && replayed.forgery === end).length;
  const failed = outcomes.filter(({ what }) => what.length > 0);
  const beyond = (what: BeyondModel): number =>
    outcomes.filter(({ replayed }) => replayed.kind === 'beyond' && replayed.what === what).length;
  return {
    revocation,
    runs: outcomes.length,
    failures: failed.map(({ record, what }) => ({
      seed: record.race.plan.seed,
      what: [...new Set(what)],
      trace: traceOf(record),
    })),
    actors: sum(({ log }) => log.calls.length),
    vended: sum(({ log }) => log.calls.filter(({ actor, status }) => isVend(actor) && status === 200).length),
    posts: sum(({ log }) => log.posts.filter(({ byTest }) => !byTest).length),
    faultsMet: sum(({ log }) => log.faultsMet.length),
    kills: sum(({ log }) => log.faultsMet.filter((what) => what.startsWith('kill')).length),
    recovered: sum(({ race, log }) =>
      race.parked && isRecovered(log.connectionWrites.map(({ after }) => after)) ? 1 : 0,
    ),
    disconnected: sum(({ last }) => (last?.state === 'disconnected' ? 1 : 0)),
    grantsKept: sum((record) => (isKept(record) ? 1 : 0)),
    lostInWindow: sum((record) => (isLive(record.last) && !isKept(record) ? 1 : 0)),
    followedByModel: outcomes.filter(({ replayed }) => replayed.kind === 'followed').length,
    stepsFollowed: outcomes.reduce(
      (steps, { replayed }) => steps + (replayed.kind === 'followed' ? replayed.steps : 0),
      0,
    ),
    forgeries: { allowed: forgeries('allowed'), refused: forgeries('refused') },
    beyondModel: { crossing: beyond('crossing'), import: beyond('import'), withdrawal: beyond('withdrawal') },
  };
}

function isRecovered(states: readonly (Connection | undefined)[]): boolean {
  return states.some((after) => after?.commitIds[0] === 'commit-of-the-rotator-that-is-gone');
}

function isKept({ last, seen }: RaceRecord): boolean {
  const held = [last?.refresh, last?.previous, last?.alternate];
  return held.some((token) => token !== undefined && seen(token).standing === 'good');
}

/** How a run's log fared with the protocol model. */
type RaceReplay =
  | {
      readonly kind: 'followed';
      readonly steps: number;
      readonly refused: readonly string[];
      /** Whether the same log is refused when its posts were made without a lease; absent where nothing was posted. */
      readonly forgery?: 'refused' | 'allowed';
    }
  | { readonly kind: 'beyond'; readonly what: BeyondModel };

/** Follows the logs of many runs. */
function createRaceReplay(revocation: Revocation) {
  const replays = createReplays();

  return async (world: RaceWorld, { connectionId, plan }: PreparedRace): Promise<RaceReplay> => {
    const log = world.logOf(connectionId);
    const what = beyondModel(log);
    if (what !== undefined) return { kind: 'beyond', what };
    const { clientId } = world.ims.currentProfile().credential;
    const open = (...sealed: Parameters<typeof world.tokens.open>) =>
      world.tokens.open(...sealed).catch(() => undefined);
    const collector = createEffectCollector(open, clientId);
    for (const effect of log.effects) collector.note(effect);
    const replay = replays({ mode: plan.mode, revocation });
    const logs = await collector.logs();
    const refused = refusedLogs(logs, replay);
    const steps = logs.reduce((sum, log) => sum + log.steps.length, 0);
    const forged = logs.map(withoutLeases).find(({ steps }) => steps.some(({ kind }) => kind === 'posted'));
    if (!forged) return { kind: 'followed', steps, refused };
    return { kind: 'followed', steps, refused, forgery: replay(forged).allowed ? 'allowed' : 'refused' };
  };
}

function beyondModel({ crossings, connectionWrites, accessTokenWrites }: RaceLog): BeyondModel | undefined {
  if (crossings.length > 0) return 'crossing';
  if (connectionWrites.some(({ after }) => after?.importedFrom !== undefined)) return 'import';
  return accessTokenWrites.some(isWithdrawal) ? 'withdrawal' : undefined;
}

/** What the table would show without any claim. */
function withoutLeases({ connectionId, steps }: EffectLog): EffectLog {
  return {
    connectionId,
    steps: steps.map((step) => {
      if (step.kind !== 'connection changed' || step.after === undefined) return step;
      const { lease: _lease, ...after } = step.after;
      return { ...step, after };
    }),
  };
}
