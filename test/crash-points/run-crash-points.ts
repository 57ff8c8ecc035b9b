import type { ProviderMode } from '../support/fakes/ims-token-book.ts';
import {
  brokenRules,
  canBeVended,
  connectionOf,
  type Facts,
  grantOf,
  isInWindow,
  lineOf,
  toldBy,
} from './aftermath.ts';
import { createCrashWorld, PROVIDER_MODES } from './crash-world.ts';
import { createFaultyProcess, FAULT_KINDS, type FaultKind, type PlannedFault } from './faulty-process.ts';
import type { Scenario } from './scenario.ts';
import { worldGoesOn } from './world-goes-on.ts';

export interface FaultyRun {
  readonly scenario: string;
  readonly point: string;
  readonly kind: FaultKind | 'none';
  readonly mode: ProviderMode;
  readonly line: string;
  readonly grant: Facts['grant'];
  readonly broken: readonly string[];
}

export interface CrashPointReport {
  readonly points: number;
  readonly runs: readonly FaultyRun[];
}

/** Methods that change nothing: there is nothing to be done without an answer, or late. */
const READING = new Set([
  'read',
  'find',
  'open',
  'prepare',
  'connectionIdsOf',
  'overdue',
  'readSession',
  'sleep',
]);

/** Runs each scenario once to learn its points, then once per point, kind of fault and provider mode. */
export async function runCrashPoints(
  scenarios: readonly Scenario[],
  modes: readonly ProviderMode[] = PROVIDER_MODES,
): Promise<CrashPointReport> {
  const runs: FaultyRun[] = [];
  const found = new Set<string>();
  for (const scenario of scenarios) {
    for (const mode of modes) {
      const { points, run } = await runOnce(scenario, mode);
      runs.push(run);
      for (const point of points) {
        found.add(`${scenario.name} ${point}`);
        for (const kind of kindsAt(point)) runs.push((await runOnce(scenario, mode, { point, kind })).run);
      }
    }
  }
  return { points: found.size, runs };
}

function kindsAt(point: string): readonly FaultKind[] {
  const method = point.replace(/#\d+$/, '').split('.').at(-1) ?? '';
  if (point.startsWith('clock.')) return ['stop'];
  if (READING.has(method)) return ['stop', 'fail', 'slow'];
  // A post that IMS carries out hours after its sender died is beyond what any lease can promise; its client never repeats.
  return point.startsWith('ims.')
    ? FAULT_KINDS.filter((kind) => kind !== 'late' && kind !== 'twice')
    : FAULT_KINDS;
}

/** One run, with at most one fault, and what became of the world three days later. */
export async function runOnce(
  scenario: Scenario,
  mode: ProviderMode,
  planned?: PlannedFault,
): Promise<{ readonly points: readonly string[]; readonly run: FaultyRun }> {
  const world = createCrashWorld(mode);
  const act = await scenario.prepare(world);
  const postsBefore = world.ims.ledger.posts.length;
  const process = createFaultyProcess({
    clock: world.clock,
    timeoutMs: scenario.timeoutMs,
    ...(planned && { planned }),
    ...(scenario.weather && { weather: scenario.weather }),
  });
  const ended = await process.end(() => act.run(process));
  const told = toldBy(ended);
  const endedInWindow = await isInWindow(world, postsBefore);
  const toldAgain = ended.end === 'returned' ? undefined : await repeat(act.again);
  await worldGoesOn(world, process.late);
  const facts: Facts = {
    told,
    toldAgain,
    connection: connectionOf(world, act),
    grant: await grantOf(world, act),
    endedInWindow,
    doubleSpends: world.ims.ledger.doubleSpends().length,
  };
  const broken = await brokenRules(world, scenario, facts, planned?.kind, planned?.point);
  const line = lineOf(world, facts);
  if (facts.grant === 'kept' && !(await canBeVended(world, facts.connection))) {
    broken.push('no live access token can be had');
  }
  if (planned && !process.struck) broken.push('the planned fault was never met');
  return {
    points: process.points,
    run: {
      scenario: scenario.name,
      point: planned?.point ?? 'none',
      kind: planned?.kind ?? 'none',
      mode,
      line,
      grant: facts.grant,
      broken,
    },
  };
}

async function repeat(again: (() => Promise<string>) | undefined): Promise<string | undefined> {
  return again?.().catch((fault: unknown) => toldBy({ end: 'threw', fault }));
}
