import type { ProviderMode } from '../../support/fakes/ims-token-book.ts';
import type { FaultKind } from './fault-kinds.ts';
import { type FaultyRun, modesOf, runOnce } from './run-crash-points.ts';
import type { Scenario } from './scenario.ts';

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
