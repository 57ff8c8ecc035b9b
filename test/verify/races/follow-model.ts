import type { ProviderMode } from '../../../local/ims/refresh-token-rules.ts';
import { refusalOf } from '../model/replay/explain.ts';
import type { EffectLog } from '../model/replay/observed-step.ts';
import { createReplay, type Replay } from '../model/replay/replay.ts';
import type { Revocation } from './race-terms.ts';

/**
 * What may happen in a race that the protocol model has no step for. The rules alone decide such a race. To the model, looking
 * and revoking are one step, and a disconnect is complete before another begins; its provider ends what the setting says.
 */
export const BEYOND_MODEL = ['crossing', 'import', 'withdrawal', 'false claim', 'two endings'] as const;

export type BeyondModel = (typeof BEYOND_MODEL)[number];

/** What was worked out for one race serves the next of its kind. */
export type ReplayOf = (race: { readonly mode: ProviderMode; readonly revocation: Revocation }) => Replay;

/** One replay for each kind of provider and setting, made when a race first asks for it. */
export function createReplays(): ReplayOf {
  const replays = new Map<string, Replay>();
  return ({ mode, revocation: { scope } }) => {
    const endsTokenAlone = scope === 'token';
    const kind = `${mode} ${endsTokenAlone}`;
    const replay = replays.get(kind) ?? createReplay({ mode, endsTokenAlone });
    replays.set(kind, replay);
    return replay;
  };
}

/** In words, each log that the model does not allow. */
export function refusedLogs(logs: readonly EffectLog[], replay: Replay): readonly string[] {
  return logs.flatMap((log) => {
    const replayed = replay(log);
    return replayed.allowed ? [] : [refusalOf(log, replayed)];
  });
}
