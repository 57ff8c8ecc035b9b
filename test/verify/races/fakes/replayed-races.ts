import { createReplay, type Replay } from '../../model/replay/replay.ts';
import { isFalseClaim } from './race-plan.ts';
import type { Finished } from './race-rules.ts';
import type { ReplayOf } from './run-race.ts';

/** What may happen in a race that the protocol model has no step for. Such a race is judged by the rules alone. */
export const BEYOND_MODEL = ['crossing', 'import', 'withdrawal', 'false claim', 'two endings'] as const;

export type BeyondModel = (typeof BEYOND_MODEL)[number];

const IS_IN: Readonly<Record<BeyondModel, (finished: Finished) => boolean>> = {
  // To the model, looking and revoking are one step.
  crossing: ({ race }) => race.crossings.length > 0,
  import: ({ race }) => race.history.stored.some(({ connection }) => connection.importedFrom !== undefined),
  withdrawal: ({ race }) => race.history.cached.some(({ invalidated }) => invalidated !== undefined),
  // The model's disconnect is done before another one begins.
  'two endings': ({ race }) => {
    const ends = race.history.stored.filter(({ connection }) => connection.state === 'disconnecting');
    return new Set(ends.map(({ connection }) => connection.generation)).size > 1;
  },
  // The model's provider ends what the setting says.
  'false claim': ({ race, plan }) =>
    isFalseClaim(plan.revocation) && race.world.revocations.some(({ ended }) => ended.length > 0),
};

export function beyondModel(finished: Finished): BeyondModel | undefined {
  return BEYOND_MODEL.find((what) => IS_IN[what](finished));
}

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
