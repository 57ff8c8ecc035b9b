import { PROVIDER_MODES, type ProviderMode } from '../../../local/ims/refresh-token-rules.ts';
import { type CrashWorld, createCrashWorld, worldGoesOn } from './crash-world.ts';
import type { FaultKind, PlannedFault } from './faulty-process.ts';
import {
  brokenRules,
  canBeVended,
  connectionOf,
  type Facts,
  grantOf,
  isInWindow,
  leaksOf,
  lineOf,
  repostedTooLate,
  toldBy,
} from './outcome-rules.ts';
import type { Scenario } from './preparations.ts';

type CreateWorld = (mode: ProviderMode) => CrashWorld | Promise<CrashWorld>;

export interface FaultyRun {
  readonly scenario: string;
  readonly point: string;
  readonly kind: FaultKind | 'none';
  /** Where several kinds are pinned as one. */
  readonly detail?: string;
  readonly mode: ProviderMode;
  readonly line: string;
  readonly grant: Facts['grant'];
  /** A token was posted again when the provider's grace was over. */
  readonly repostedTooLate: boolean;
  /** The provider took our own second post for a replay. */
  readonly endedByOwnPost: boolean;
  readonly broken: readonly string[];
}

interface OneRun {
  readonly points: readonly string[];
  readonly run: FaultyRun;
  readonly kindsAt: CrashWorld['kindsAt'];
}

export interface CrashPointReport {
  readonly points: number;
  readonly runs: readonly FaultyRun[];
}

/** Runs each scenario once to learn its points, then once per point, kind of fault and provider mode. */
export async function runCrashPoints(
  scenarios: readonly Scenario[],
  modes: readonly ProviderMode[] = PROVIDER_MODES,
  createWorld: CreateWorld = createCrashWorld,
): Promise<CrashPointReport> {
  const runs: FaultyRun[] = [];
  const found = new Set<string>();
  for (const scenario of scenarios) {
    for (const mode of modesOf(scenario, modes)) {
      const { points, run, kindsAt } = await runOnce(scenario, mode, undefined, createWorld);
      runs.push(run);
      for (const point of points) {
        found.add(`${scenario.name} ${point}`);
        for (const kind of kindsAt(point)) {
          runs.push((await runOnce(scenario, mode, { point, kind }, createWorld)).run);
        }
      }
    }
  }
  return { points: found.size, runs };
}

/** The asked modes that the scenario is about. */
function modesOf({ modes }: Scenario, asked: readonly ProviderMode[]): readonly ProviderMode[] {
  return modes ? asked.filter((mode) => modes.includes(mode)) : asked;
}

/** One run, with at most one fault, and what became of the world three days later. */
export async function runOnce(
  scenario: Scenario,
  mode: ProviderMode,
  planned?: PlannedFault,
  createWorld: CreateWorld = createCrashWorld,
): Promise<OneRun> {
  const world = await createWorld(mode);
  const act = await scenario.prepare(world);
  const postsBefore = world.ims.ledger.posts.length;
  const process = world.startProcess(scenario, planned);
  const ended = await process.end(() => act.run(process));
  const told = toldBy(ended);
  const endedInWindow = await isInWindow(world, postsBefore);
  const toldAgain = ended.end === 'returned' ? undefined : await repeat(act.again);
  world.leaveWire();
  await worldGoesOn(world, process.late);
  const facts: Facts = {
    told,
    toldAgain,
    connection: connectionOf(world, act),
    grant: await grantOf(world, scenario, act),
    endedInWindow,
    doubleSpends: world.ims.ledger.doubleSpends().length,
    repostedTooLate: repostedTooLate(world),
    endedByOwnPost: mode === 'family' && process.postsCrossed === true,
  };
  const broken = await brokenRules(world, scenario, act, facts, planned?.kind, planned?.point);
  broken.push(...leaksOf(world, process, ended), ...(process.complaints?.(facts) ?? []));
  const line = lineOf(world, facts);
  if (facts.grant === 'kept' && !(await canBeVended(world, facts.connection))) {
    broken.push('no live access token can be had');
  }
  if (planned && !process.metPlannedFault) broken.push('the planned fault was never met');
  return {
    points: process.points,
    kindsAt: world.kindsAt,
    run: {
      scenario: scenario.name,
      point: planned?.point ?? 'none',
      kind: planned?.kind ?? 'none',
      mode,
      line,
      grant: facts.grant,
      repostedTooLate: facts.repostedTooLate,
      endedByOwnPost: facts.endedByOwnPost,
      broken,
    },
  };
}

async function repeat(again: (() => Promise<string>) | undefined): Promise<string | undefined> {
  return again?.().catch((fault: unknown) => toldBy({ end: 'threw', fault }));
}

/** A process lives on after these, often on a way that no run without faults takes. */
const SURVIVED: readonly FaultKind[] = ['fail', 'reply-lost', 'slow'];
const SECOND: readonly FaultKind[] = ['stop', 'stop-after', 'fail'];

/**
 * A second fault at every await that only a first fault leads to. These runs are held to the rules alone: their outcomes
 * are too many to be reviewed one by one.
 */
export async function runSecondFaults(
  scenarios: readonly Scenario[],
  firstRuns: readonly FaultyRun[],
  modes: readonly ProviderMode[],
): Promise<readonly FaultyRun[]> {
  const runs: FaultyRun[] = [];
  for (const scenario of scenarios.filter(({ firstFaultsOnly }) => !firstFaultsOnly)) {
    const usualIn = new Map<ProviderMode, ReadonlySet<string>>();
    for (const mode of modesOf(scenario, modes))
      usualIn.set(mode, new Set((await runOnce(scenario, mode)).points));
    for (const first of firstRuns) {
      const usual = usualIn.get(first.mode);
      if (first.scenario !== scenario.name || usual === undefined) continue;
      if (first.kind === 'none' || !SURVIVED.includes(first.kind)) continue;
      const after = withFault(scenario, first.point, first.kind);
      const { points } = await runOnce(after, first.mode);
      for (const point of points.filter((one) => !usual.has(one))) {
        for (const kind of point.startsWith('clock.') ? (['stop'] as const) : SECOND) {
          const { run } = await runOnce(after, first.mode, { point, kind });
          runs.push({ ...run, scenario: `${run.scenario}, after ${first.kind} of ${first.point}` });
        }
      }
    }
  }
  return runs;
}

function withFault(scenario: Scenario, first: string, kind: FaultKind): Scenario {
  return {
    ...scenario,
    ...(first.startsWith('ims.') && { losesAnswers: true as const }),
    outage: (point) => (point === first ? kind : scenario.outage?.(point)),
  };
}
