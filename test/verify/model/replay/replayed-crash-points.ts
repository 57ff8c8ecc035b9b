import type { ProviderMode } from '../../../../local/ims/refresh-token-rules.ts';
import { type CrashWorld, createCrashWorld } from '../../faults/crash-world.ts';
import type { Scenario } from '../../faults/preparations.ts';
import { type CrashPointReport, runCrashPoints } from '../../faults/run-crash-points.ts';
import { refusalOf } from './explain.ts';
import { type EffectRecorder, recordEffects } from './record-effects.ts';
import { createReplay, type Replay, type ReplayOptions } from './replay.ts';

export interface ReplayedCrashPoints extends CrashPointReport {
  readonly logs: number;
  readonly steps: number;
  /** One text for each log the model does not allow. */
  readonly refused: readonly string[];
}

/** Set up by hand with tokens of two consents in one connection, which no run of the vault produces. */
const OUT_OF_THIS_WORLD: readonly string[] = [
  'last try with alternate',
  'last try with previous',
  'the parent of a token that cannot be opened',
];

/** The crash points of `runCrashPoints`, and what every run left behind followed through the model. */
export async function replayCrashPoints(
  scenarios: readonly Scenario[],
  modes: readonly ProviderMode[],
): Promise<ReplayedCrashPoints> {
  const recorders: EffectRecorder[] = [];
  const createWorld = (mode: ProviderMode): CrashWorld => {
    const world = createCrashWorld(mode);
    recorders.push(recordEffects(world));
    return world;
  };
  const report = await runCrashPoints(scenarios, modes, createWorld);
  const replayFor = rememberedReplays();
  const refused: string[] = [];
  let [logs, steps] = [0, 0];
  for (const [at, { mode, kind, point, scenario }] of report.runs.entries()) {
    if (OUT_OF_THIS_WORLD.includes(scenario)) continue;
    // A lease cannot hold back a request that arrives hours after its sender crashed.
    const recorder = recorders[at];
    const hasLateAnswers = recorder?.hasLateAnswers() ?? false;
    const replay = replayFor({ mode, zombies: kind === 'late' ? 1 : 0, hasLateAnswers });
    for (const log of (await recorder?.logs()) ?? []) {
      const replayed = replay(log);
      logs += 1;
      steps += log.steps.length;
      if (!replayed.allowed) {
        refused.push(`${scenario} | ${point} | ${kind} | ${mode}: ${refusalOf(log, replayed)}`);
      }
    }
  }
  return { ...report, logs, steps, refused };
}

/** One replay for each set of options: logs that begin alike share their work. */
function rememberedReplays(): (options: ReplayOptions) => Replay {
  const replays = new Map<string, Replay>();
  return (options) => {
    const key = JSON.stringify(options);
    const replay = replays.get(key) ?? createReplay(options);
    replays.set(key, replay);
    return replay;
  };
}
