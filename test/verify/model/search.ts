import type { Design } from './design.ts';
import { REAL_DESIGN } from './design.ts';
import { noteWindowLosses } from './held-tokens.ts';
import { type Violation, violationByStep } from './invariants.ts';
import {
  type Budget,
  initialState,
  type Mode,
  type ProtocolState,
  type RevocationScope,
} from './protocol-state.ts';
import type { Step } from './protocol-step.ts';
import { readerSteps } from './reader-steps.ts';
import { urgentWorker, withoutHopeless } from './reductions.ts';
import { createStateKey } from './state-key.ts';
import { surroundingSteps } from './surrounding-steps.ts';
import { workerSteps } from './worker-steps.ts';

/** One bounded corner of the protocol, searched completely. */
export interface Cell {
  readonly name: string;
  /** What may go wrong in it, whatever the provider's mode. */
  readonly kind: string;
  readonly mode: Mode;
  readonly workers: number;
  readonly budget: Budget;
  readonly scope?: RevocationScope;
}

export interface Found extends Violation {
  /** What happened, in order; breadth first, so no shorter trace breaks the same cell. */
  readonly trace: readonly string[];
}

export interface Explored {
  readonly states: number;
  readonly found?: Found;
}

export interface SearchOptions {
  /** Violations of other kinds are passed over. */
  readonly counts?: (violation: Violation) => boolean;
  /** Leaves out interleavings that show nothing new; by default wherever that is sound. */
  readonly reduced?: boolean;
  readonly visit?: (state: ProtocolState) => void;
}

/** Breadth-first over every interleaving; stops at the first violation of a kind that counts. */
export function explore(cell: Cell, design: Design, options: SearchOptions = {}): Explored {
  const { counts = () => true, reduced = design === REAL_DESIGN, visit } = options;
  const rules: Rules = { design, mode: cell.mode, reduced };
  const keyOf = createStateKey(design);
  const start = initialState(cell.workers, cell.budget, cell.scope);
  const seen = new Set([keyOf(start)]);
  // How each state was first reached: from which, by which of its steps. A trace is told again from these.
  const origins: Origins = { from: [-1], by: [0] };
  let frontier: readonly ProtocolState[] = [start];
  for (let first = 0; frontier.length > 0; ) {
    const coming: ProtocolState[] = [];
    for (const [offset, before] of frontier.entries()) {
      visit?.(before);
      for (const [index, step] of searchedSteps(before, rules).entries()) {
        const after = settled(step.next, rules);
        const violation = breachOf(step) ?? violationByStep(before, after);
        if (violation && counts(violation)) {
          const trace = retell(start, rules, [...pathTo(first + offset, origins), index]);
          return { states: seen.size, found: { ...violation, trace } };
        }
        const key = keyOf(after);
        if (seen.has(key)) continue;
        seen.add(key);
        origins.from.push(first + offset);
        origins.by.push(index);
        coming.push(after);
      }
    }
    first += frontier.length;
    frontier = coming;
  }
  return { states: seen.size };
}

interface Rules {
  readonly design: Design;
  readonly mode: Mode;
  readonly reduced: boolean;
}

interface Origins {
  readonly from: number[];
  readonly by: number[];
}

/** All steps, or those of one worker whose step may as well come first. */
function searchedSteps(state: ProtocolState, { design, mode, reduced }: Rules): readonly Step[] {
  const urgent = reduced ? urgentWorker(state) : -1;
  return urgent < 0 ? stepsFrom(state, design, mode) : workerSteps(state, design, mode, urgent);
}

/** Everything that may happen next. */
export function stepsFrom(state: ProtocolState, design: Design, mode: Mode): readonly Step[] {
  const steps: Step[] = [...readerSteps(state), ...surroundingSteps(state, design)];
  for (const at of state.workers.keys()) steps.push(...workerSteps(state, design, mode, at));
  return steps;
}

function settled(next: ProtocolState, { reduced }: Rules): ProtocolState {
  const noted = noteWindowLosses(next);
  return reduced ? withoutHopeless(noted) : noted;
}

function breachOf({ breach, crossUser }: Step): Violation | undefined {
  return breach === undefined ? undefined : { kind: crossUser ? 'cross-user' : 'rule', what: breach };
}

function pathTo(at: number, { from, by }: Origins): readonly number[] {
  const path: number[] = [];
  for (let one = at; one > 0; one = from[one] ?? 0) path.push(by[one] ?? 0);
  return path.reverse();
}

function retell(start: ProtocolState, rules: Rules, path: readonly number[]): readonly string[] {
  let state = start;
  return path.map((index) => {
    const step = searchedSteps(state, rules)[index];
    if (step === undefined) throw new Error('A trace cannot be told again.');
    state = settled(step.next, rules);
    return step.label;
  });
}
