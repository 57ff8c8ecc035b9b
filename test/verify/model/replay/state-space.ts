import { REAL_DESIGN } from '../design.ts';
import { noteWindowLosses, violationIn } from '../invariants.ts';
import {
  type Budget,
  IDLE,
  type Mode,
  NO_FAULTS,
  type ProtocolState,
  type Step,
  type Worker,
} from '../protocol-state.ts';
import { surroundingSteps } from '../surrounding-steps.ts';
import { workerSteps } from '../worker-steps.ts';
import { isKept } from './beyond-the-model.ts';

const ENOUGH = 99;
/** What a run may do by itself. What the provider and the users do is observed, never guessed. */
const FREE: Budget = {
  ...NO_FAULTS,
  requests: ENOUGH,
  lostAnswers: ENOUGH,
  refusedCommits: ENOUGH,
  ambiguousCommits: ENOUGH,
  disconnects: 1,
};

/** More states than this mean that the replay does not narrow them down, not that the run was complex. */
const MOST_STATES = 20_000;

export interface StateSpace {
  readonly mode: Mode;
  /** The states reached from these by steps that show nowhere. */
  quietly(states: readonly ProtocolState[]): readonly ProtocolState[];
  /** The steps of the model that show, and break no invariant. */
  showing(state: ProtocolState): readonly ShowingStep[];
  /** Steps that would show and are forbidden, with the rule they break. */
  forbidden(state: ProtocolState): readonly (Step & { readonly breach: string })[];
  /** The same states, each once. */
  distinct(states: readonly ProtocolState[]): readonly ProtocolState[];
}

export interface ShowingStep extends Step {
  /** Where it shows. */
  readonly in: readonly ('connection' | 'access token' | 'parking' | 'post')[];
}

interface Expansion {
  readonly quiet: readonly ProtocolState[];
  readonly showing: readonly ShowingStep[];
  readonly forbidden: readonly (Step & { readonly breach: string })[];
}

/** The model's own transition relation, taken apart into what shows and what does not. Remembers what it worked out. */
export function createStateSpace(mode: Mode): StateSpace {
  const known = new Map<string, Expansion>();

  const expand = (state: ProtocolState): Expansion => {
    const key = keyOf(state);
    const found = known.get(key);
    if (found) return found;
    if (known.size > MOST_STATES) known.clear();
    const expansion = expansionOf(state, mode);
    known.set(key, expansion);
    return expansion;
  };

  const quietly = (states: readonly ProtocolState[]): readonly ProtocolState[] => {
    const reached = new Map(states.map((state) => [keyOf(state), state]));
    for (const state of reached.values()) {
      for (const next of expand(state).quiet) if (!reached.has(keyOf(next))) reached.set(keyOf(next), next);
      if (reached.size > MOST_STATES) throw new Error('The log has too many explanations.');
    }
    return [...reached.values()];
  };

  return {
    mode,
    quietly,
    showing: (state) => expand(state).showing,
    forbidden: (state) => expand(state).forbidden,
    distinct: (states) => [...new Map(states.map((state) => [keyOf(state), state])).values()],
  };
}

function expansionOf(state: ProtocolState, mode: Mode): Expansion {
  const quiet: ProtocolState[] = [];
  const showing: ShowingStep[] = [];
  const forbidden: (Step & { breach: string })[] = [];
  const steps = [
    ...surroundingSteps(state, REAL_DESIGN),
    ...state.workers.flatMap((worker, at) =>
      isKept(worker) ? [] : workerSteps(state, REAL_DESIGN, mode, at),
    ),
  ].filter((step) => !isLeaseEnd(state, step.next) && !isSecondReader(step.next));
  for (const step of steps) {
    const next = tidied(noteWindowLosses(step.next));
    const breach = step.breach ?? violationOf(state, next, mode);
    const places = placesOf(state, step);
    if (breach !== undefined) forbidden.push({ ...step, next, breach });
    else if (places.length > 0) showing.push({ ...step, next, in: places });
    else quiet.push(next);
  }
  return { quiet, showing, forbidden };
}

/**
 * A provider may refuse a good token for days and then accept it. The model's provider never does, so a false decision of the
 * model is not one here. A family cannot be defended against a process that outlives its lease: the one honest remainder.
 */
function violationOf(before: ProtocolState, after: ProtocolState, mode: Mode): string | undefined {
  const violation = violationIn(before, after);
  if (violation?.kind === 'false-decision') return undefined;
  const isRemainder = mode === 'family' && after.hadZombie && violation?.kind === 'loss';
  return isRemainder ? undefined : violation?.what;
}

function placesOf(before: ProtocolState, { next, post }: Step): ShowingStep['in'] {
  const places: [ShowingStep['in'][number], boolean][] = [
    ['connection', next.connection !== before.connection],
    ['access token', next.access !== before.access],
    ['parking', next.parked.length > before.parked.length],
    ['post', post !== undefined],
  ];
  return places.filter(([, isThere]) => isThere).map(([place]) => place);
}

/** Only time ends a lease, and the log holds the times. */
function isLeaseEnd({ connection: before }: ProtocolState, { connection: after }: ProtocolState): boolean {
  return after.lease?.ranOut === true && before.lease?.ranOut === false;
}

/** A run that has read can do everything that two such runs can: the second may read after the first has gone on. */
function isSecondReader({ workers }: ProtocolState): boolean {
  const readers = workers.filter(({ phase }) => phase === 'read').map((reader) => JSON.stringify(reader));
  return new Set(readers).size < readers.length;
}

/** Keeps one idle worker at hand, and drops workers that can do nothing any more that shows. */
export function tidied(state: ProtocolState): ProtocolState {
  const busy = state.workers.filter((worker) => worker.phase !== 'idle' && !isMoot(state, worker));
  const crashes = state.connection.refusals > 0 ? ENOUGH : 0;
  const { zombies, lateAnswers } = state.budget;
  const budget = { ...FREE, crashes, zombies, lateAnswers };
  return { ...state, workers: [...busy, IDLE], budget };
}

function isMoot(
  { connection, access }: ProtocolState,
  { phase, generation, version, openPost }: Worker,
): boolean {
  // Its other post may still show.
  if (openPost !== null) return false;
  if (phase === 'read') return generation !== connection.generation || version !== connection.version;
  if (phase !== 'publishing' || access.kind === 'none') return false;
  return access.generation > generation || (access.generation === generation && access.version > version + 1);
}

/** Logs share states, so most keys are needed many times. */
const keys = new WeakMap<ProtocolState, string>();

function keyOf(state: ProtocolState): string {
  const known = keys.get(state);
  if (known !== undefined) return known;
  const workers = state.workers.map((worker) => JSON.stringify(worker)).sort();
  const key = JSON.stringify({ ...state, workers });
  keys.set(state, key);
  return key;
}

/** The states when time has ended the lease: every run is dead, except the zombies that the budget allows. */
export function afterLeaseEnds(state: ProtocolState): readonly ProtocolState[] {
  return survivors(state).flatMap((left) =>
    surroundingSteps(left, REAL_DESIGN)
      .filter(({ next }) => isLeaseEnd(left, next))
      .map(({ next }) => tidied(noteWindowLosses(next))),
  );
}

function survivors(state: ProtocolState): readonly ProtocolState[] {
  const mortal = { ...state, budget: { ...state.budget, crashes: ENOUGH } };
  const left = new Map([[keyOf(mortal), mortal]]);
  for (const one of left.values()) {
    for (const [at, { phase }] of one.workers.entries()) {
      if (phase === 'idle') continue;
      const next = deathOf(one, at);
      if (next) left.set(keyOf(next), next);
    }
  }
  return [...left.values()];
}

function deathOf(state: ProtocolState, at: number): ProtocolState | undefined {
  // The model's own step: a worker that was not idle is idle afterwards and a crash is paid for.
  const step = workerSteps(state, REAL_DESIGN, 'strict', at).find(
    ({ next }) => next.budget.crashes < state.budget.crashes && next.workers[at]?.phase === 'idle',
  );
  return step && { ...noteWindowLosses(step.next), budget: state.budget };
}
