import { createEffectCollector } from '../../model/replay/effect-collector.ts';
import { refusalOf } from '../../model/replay/explain.ts';
import type { EffectLog } from '../../model/replay/observed-step.ts';
import { createReplay } from '../../model/replay/replay.ts';
import { isWithdrawal, type RaceLog } from './race-log.ts';
import type { RaceMode } from './race-plan.ts';
import type { RaceScene } from './race-scene.ts';
import type { RaceWorld, StackRevocation } from './race-world.ts';

/** How a run's log fared with the protocol model. */
export type RaceReplay =
  | {
      readonly kind: 'followed';
      readonly steps: number;
      readonly refused: readonly string[];
      /** Whether the same log is refused when its posts were made without a lease; absent where nothing was posted. */
      readonly forgery?: 'refused' | 'allowed';
    }
  | { readonly kind: 'beyond'; readonly what: BeyondModel };

/** To the model, looking and revoking are one step: a consent in between has no place in it. It knows no import, and no tombstone over one token. */
export type BeyondModel = 'crossing' | 'import' | 'withdrawal';

/** Follows the logs of many runs. What was worked out for one serves the next of its mode. */
export function createRaceReplay({ scope }: StackRevocation) {
  const endsTokenAlone = scope === 'token';
  const replays = {
    reuse: createReplay({ mode: 'reuse', endsTokenAlone }),
    grace: createReplay({ mode: 'grace', endsTokenAlone }),
    strict: createReplay({ mode: 'strict', endsTokenAlone }),
    family: createReplay({ mode: 'family', endsTokenAlone }),
  } satisfies Record<RaceMode, unknown>;

  return async (world: RaceWorld, { connectionId, plan }: RaceScene): Promise<RaceReplay> => {
    const log = world.logOf(connectionId);
    const what = beyondModel(log);
    if (what !== undefined) return { kind: 'beyond', what };
    const { clientId } = world.ims.currentProfile().credential;
    const open = (...sealed: Parameters<typeof world.vision.open>) =>
      world.vision.open(...sealed).catch(() => undefined);
    const collector = createEffectCollector(open, clientId);
    for (const effect of log.effects) collector.note(effect);
    const replay = replays[plan.mode];
    const logs = await collector.logs();
    const refused = logs.flatMap((log) => {
      const replayed = replay(log);
      return replayed.allowed ? [] : [refusalOf(log, replayed)];
    });
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

/** What the table would show if nobody had claimed. */
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
