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

/** Breadth-first over every interleaving; stops at the first violation of a kind that counts. */
export function explore(
  cell: Cell,
  design: Design,
  counts: (violation: Violation) => boolean = () => true,
): Explored {
  const keyOf = createStateKey(design);
  const start = initialState(cell.workers, cell.budget, cell.scope);
  const seen = new Set([keyOf(start)]);
  // How each state was first reached: from which, by which of its steps. A trace is told anew from these.
  const from: number[] = [-1];
  const by: number[] = [0];
  let frontier: readonly ProtocolState[] = [start];
  for (let first = 0; frontier.length > 0; ) {
    const coming: ProtocolState[] = [];
    for (const [offset, before] of frontier.entries()) {
      for (const [index, step] of next(before, design, cell.mode).entries()) {
        const after = settled(step.next, design);
        const violation = breachOf(step) ?? violationByStep(before, after);
        if (violation && counts(violation)) {
          const trace = retell(cell, design, pathTo(first + offset, index, from, by));
          return { states: seen.size, found: { ...violation, trace } };
        }
        const key = keyOf(after);
        if (seen.has(key)) continue;
        seen.add(key);
        from.push(first + offset);
        by.push(index);
        coming.push(after);
      }
    }
    first += frontier.length;
    frontier = coming;
  }
  return { states: seen.size };
}

/** The steps that are searched: all, or those of one worker whose step may as well come first. */
function next(state: ProtocolState, design: Design, mode: Mode): readonly Step[] {
  const urgent = design === REAL_DESIGN ? urgentWorker(state) : -1;
  return urgent < 0 ? stepsFrom(state, design, mode) : workerSteps(state, design, mode, urgent);
}

/** Everything that may happen next. */
export function stepsFrom(state: ProtocolState, design: Design, mode: Mode): readonly Step[] {
  const steps: Step[] = [...readerSteps(state), ...surroundingSteps(state, design)];
  for (const at of state.workers.keys()) steps.push(...workerSteps(state, design, mode, at));
  return steps;
}

function settled(next: ProtocolState, design: Design): ProtocolState {
  const noted = noteWindowLosses(next);
  return design === REAL_DESIGN ? withoutHopeless(noted) : noted;
}

function breachOf({ breach, crossUser }: Step): Violation | undefined {
  return breach === undefined ? undefined : { kind: crossUser ? 'cross-user' : 'rule', what: breach };
}

function pathTo(at: number, last: number, from: readonly number[], by: readonly number[]): readonly number[] {
  const path = [last];
  for (let one = at; one > 0; one = from[one] ?? 0) path.push(by[one] ?? 0);
  return path.reverse();
}

function retell(cell: Cell, design: Design, path: readonly number[]): readonly string[] {
  let state = initialState(cell.workers, cell.budget, cell.scope);
  return path.map((index) => {
    const step = next(state, design, cell.mode)[index];
    if (step === undefined) throw new Error('A trace cannot be told again.');
    state = settled(step.next, design);
    return step.label;
  });
}
