import {
  freshGrant,
  grantOf,
  initialState,
  isLive,
  type Mode,
  NO_FAULTS,
  type ProtocolState,
  type Token,
  withGrant,
} from '../protocol-state.ts';
import {
  declinedTo,
  emptyState,
  endedElsewhere,
  keptBy,
  stepsBeyond,
  stepsThatKeep,
} from './beyond-the-model.ts';
import { explain } from './explain.ts';
import {
  differences,
  inModelTerms,
  type ModelTermEffect,
  type ParkedView,
  viewOfAccess,
  viewOfModel,
} from './model-terms.ts';
import type { EffectLog, ObservedStep } from './observed-step.ts';
import {
  afterLeaseEnds,
  createStateSpace,
  type ShowingStep,
  type StateSpace,
  tidied,
} from './state-space.ts';

export interface ReplayOptions {
  readonly mode: Mode;
  /** The number of processes that may outlive their lease. Default: none, because the hard kill comes before its end. */
  readonly zombies?: number;
  /** A revocation is known to end that token alone, so it cannot end the new grant of a user who came back. */
  readonly endsTokenAlone?: boolean;
  /** Whether two posts of one token were in flight at once: a first one stayed open. */
  readonly hasLateAnswers?: boolean;
}

export type Replayed =
  | { readonly allowed: true; readonly steps: number }
  | {
      readonly allowed: false;
      /** Where in the log, and what was observed there. */
      readonly at: number;
      readonly step: ObservedStep;
      readonly why: string;
      /** What the model would have allowed instead. */
      readonly closest: string;
    };

export type Replay = (log: EffectLog) => Replayed;

/**
 * Follows a log through the model: keeps every state of the model that explains what was observed so far. Steps without a visible
 * effect are free. An observed effect must be that of a step of the model. If no state is left, the model does not allow the log.
 */
export function createReplay(options: ReplayOptions): Replay {
  const { mode, zombies = 0, endsTokenAlone = false, hasLateAnswers = false } = options;
  const space: ReplaySpace = { ...createStateSpace(mode), endsTokenAlone };
  const start = placeOf(
    [tidied(emptyState(initialState(1, NO_FAULTS), { zombies, lateAnswers: hasLateAnswers ? 1 : 0 }))],
    [],
  );
  return (log) => {
    const steps = inModelTerms(log);
    let place = start;
    for (const { at, effect } of steps) {
      const next = follow(space, place, effect);
      const step = log.steps[at];
      if (next.states.length === 0 && step) {
        return { allowed: false, at, step, ...explain(space, place.states, effect) };
      }
      place = next;
    }
    return { allowed: true, steps: steps.length };
  };
}

type ReplaySpace = StateSpace & Required<Pick<ReplayOptions, 'endsTokenAlone'>>;

/** Where a log has led to. Logs that begin alike share their way. */
interface Place {
  readonly states: readonly ProtocolState[];
  /**
   * Every successor that was ever parked. A firing carries the successor itself and may still be on its way when the schedule is
   * gone. The model removes a schedule with the recovery, the vault a moment later.
   */
  readonly everParked: readonly ParkedView[];
  readonly next: Map<string, Place>;
}

function placeOf(states: Place['states'], everParked: Place['everParked']): Place {
  return { states, everParked, next: new Map() };
}

function follow(space: ReplaySpace, place: Place, effect: ModelTermEffect): Place {
  const key = JSON.stringify(effect);
  const known = place.next.get(key);
  if (known) return known;
  const states = space.distinct(advance(space, place.states, effect, place.everParked).map(tidied));
  const next = placeOf(
    states,
    effect.kind === 'parked' ? [...place.everParked, effect.parked] : place.everParked,
  );
  place.next.set(key, next);
  return next;
}

function advance(
  space: ReplaySpace,
  states: readonly ProtocolState[],
  step: ModelTermEffect,
  everParked: readonly ParkedView[],
): readonly ProtocolState[] {
  switch (step.kind) {
    case 'consented':
      return states
        .filter(({ grants }) => grants.length === step.grant)
        .map((state) => ({ ...state, grants: [...state.grants, freshGrant(step.grant, step.user)] }));
    case 'consent pending': {
      const { grant, generation } = step;
      const pending = { grant, generation, step: 'waiting' } as const;
      return states
        .filter(({ grants }) => grants[grant] !== undefined)
        .map((state) => ({ ...state, consents: [...state.consents, pending] }));
    }
    case 'lease ran out':
      return space.quietly(states).flatMap(afterLeaseEnds);
    case 'revoked':
      return states
        .filter((state) => mayBeRevoked(state, step, space.endsTokenAlone))
        .map((state) => revoked(state, step));
    case 'posted':
      return posted(space, states, step);
    case 'connection gone':
      return states.filter(({ connection }) => connection.state === 'disconnected').map(withoutConnection);
    case 'connection':
      return connectionChanged(space, states, step, everParked);
    case 'access token':
      return accessChanged(space, states, step);
    case 'parked':
      return parked(space, states, step.parked);
    case 'unparked':
      return space
        .quietly(states)
        .filter((state) => !state.parked.some((one) => isSamePlace(one, step.parked)));
  }
}

type EffectOf<Kind extends ModelTermEffect['kind']> = Extract<ModelTermEffect, { kind: Kind }>;

function connectionChanged(
  space: StateSpace,
  states: readonly ProtocolState[],
  step: EffectOf<'connection'>,
  everParked: readonly ParkedView[],
): readonly ProtocolState[] {
  const { view } = step;
  // A disconnect takes the next generation: the log knows which one that was.
  const primed = states.map((state) =>
    view.generation > state.connection.generation
      ? { ...state, mintedGenerations: view.generation - 1 }
      : state,
  );
  return space.quietly(primed).flatMap((state) => {
    const inModel = stepsIn(space, state, 'connection').map(({ next }) => next);
    const candidates = [...inModel, ...stepsThatKeep(state), ...stepsBeyond(state, step, everParked)];
    return candidates.filter(({ connection }) => differences(viewOfModel(connection), view).length === 0);
  });
}

function accessChanged(
  space: StateSpace,
  states: readonly ProtocolState[],
  { view }: EffectOf<'access token'>,
): readonly ProtocolState[] {
  // It is a cache: it may lose what it has.
  if (view.kind === 'none') {
    return states.map((state) => ({
      ...state,
      access: { kind: 'none', generation: 0, version: 0, grant: 0 },
    }));
  }
  return space.quietly(states).flatMap((state) =>
    stepsIn(space, state, 'access token')
      .map(({ next }) => next)
      .filter(({ access }) => differences(viewOfAccess(access), view).length === 0),
  );
}

function parked(
  space: StateSpace,
  states: readonly ProtocolState[],
  view: ParkedView,
): readonly ProtocolState[] {
  return space.quietly(states).flatMap((state) =>
    stepsIn(space, state, 'parking')
      .map(({ next }) => next)
      .filter((next) => {
        const last = next.parked.at(-1);
        return last !== undefined && differences(last, view).length === 0;
      }),
  );
}

/** Steps that show there and nowhere else. */
function stepsIn(
  space: StateSpace,
  state: ProtocolState,
  place: ShowingStep['in'][number],
): readonly ShowingStep[] {
  return space.showing(state).filter((step) => step.in.length === 1 && step.in[0] === place);
}

/** What IMS did is a fact: before the model posts, its provider is put into a state from which that follows. */
function posted(
  space: StateSpace,
  states: readonly ProtocolState[],
  { token, ended }: EffectOf<'posted'>,
): readonly ProtocolState[] {
  if (ended.kind === 'kept') return space.quietly(states).flatMap((state) => keptBy(state, token));
  if (ended.kind === 'declined') return space.quietly(states).flatMap((state) => declinedTo(state, token));
  const primed = states.map((state) => (token === 'unknown' ? state : readyFor(state, token, ended)));
  const successor = ended.kind === 'successor' ? ended.successor : null;
  return space.quietly(primed).flatMap((state) =>
    stepsIn(space, state, 'post')
      .filter(({ post }) => post && (token === 'unknown' || post.token === token))
      .filter(({ post }) => (post?.successor ?? null) === successor)
      .map(({ next }) => next),
  );
}

function readyFor(state: ProtocolState, token: Token, ended: EffectOf<'posted'>['ended']): ProtocolState {
  const at = grantOf(token);
  const live = state.grants[at]?.live ?? [];
  if (ended.kind === 'successor') {
    const issued = Number(ended.successor.split('.')[1]) - 1;
    return withGrant(state, at, { issued, live: live.includes(token) ? live : [...live, token] });
  }
  if (!live.includes(token)) return state;
  if (ended.kind === 'refused' && ended.because === 'ended') return endedElsewhere(state, live);
  return withGrant(state, at, { live: live.filter((one) => one !== token) });
}

/** The vault may revoke what it no longer uses: tokens of an ended connection, or of a user that another user replaced. */
function mayBeRevoked(
  state: ProtocolState,
  { tokens, by }: EffectOf<'revoked'>,
  endsTokenAlone: boolean,
): boolean {
  const { connection, grants } = state;
  if (by === 'user' || !isLive(connection)) return true;
  return tokens.every(
    (token) =>
      token !== 'unknown' &&
      grantOf(token) !== connection.grant &&
      (endsTokenAlone || grants[grantOf(token)]?.user !== grants[connection.grant]?.user),
  );
}

function revoked(state: ProtocolState, { tokens, by }: EffectOf<'revoked'>): ProtocolState {
  const known = tokens.filter((token) => token !== 'unknown');
  if (by === 'user') return endedElsewhere(state, known);
  return known.reduce((left, token) => {
    const live = (left.grants[grantOf(token)]?.live ?? []).filter((one) => one !== token);
    return withGrant(left, grantOf(token), { live });
  }, state);
}

function withoutConnection(state: ProtocolState): ProtocolState {
  return { ...state, connection: { ...state.connection, generation: 0, version: 0 } };
}

function isSamePlace(
  one: { readonly generation: number; readonly version: number },
  other: { readonly generation: number; readonly version: number },
): boolean {
  return one.generation === other.generation && one.version === other.version;
}
