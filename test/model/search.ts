import { hash } from 'node:crypto';
import type { Design } from './design.ts';
import { noteWindowLosses } from './held-tokens.ts';
import { type Violation, violationIn } from './invariants.ts';
import { type Budget, initialState, type Mode, type ProtocolState } from './protocol-state.ts';
import type { Step } from './protocol-step.ts';
import { surroundingSteps } from './surrounding-steps.ts';
import { workerSteps } from './worker-steps.ts';

/** One bounded corner of the protocol, searched completely. */
export interface Cell {
  readonly name: string;
  readonly mode: Mode;
  readonly workers: number;
  readonly budget: Budget;
}

export interface Found extends Violation {
  /** What happened, in order; breadth first, so no shorter trace breaks the same cell. */
  readonly trace: readonly string[];
}

export interface Explored {
  readonly states: number;
  readonly found?: Found;
}

interface Visit {
  readonly state: ProtocolState;
  readonly label: string;
  readonly from: Visit | undefined;
}

/** Breadth-first over every interleaving; stops at the first violation of a kind that counts. */
export function explore(
  cell: Cell,
  design: Design,
  counts: (violation: Violation) => boolean = () => true,
): Explored {
  const start = initialState(cell.workers, cell.budget);
  const seen = new Set([keyOf(start)]);
  let frontier: readonly Visit[] = [{ state: start, label: 'start', from: undefined }];
  while (frontier.length > 0) {
    const coming: Visit[] = [];
    for (const visit of frontier) {
      for (const { label, next, breach } of stepsFrom(visit.state, design, cell.mode)) {
        const state = noteWindowLosses(next);
        const reached: Visit = { state, label, from: visit };
        const violation: Violation | undefined = breach
          ? { kind: 'rule', what: breach }
          : violationIn(visit.state, state);
        if (violation && counts(violation)) {
          return { states: seen.size, found: { ...violation, trace: traceOf(reached) } };
        }
        const key = keyOf(state);
        if (seen.has(key)) continue;
        seen.add(key);
        coming.push(reached);
      }
    }
    frontier = coming;
  }
  return { states: seen.size };
}

function stepsFrom(state: ProtocolState, design: Design, mode: Mode): readonly Step[] {
  return [
    ...surroundingSteps(state, design),
    ...state.workers.flatMap((_, at) => workerSteps(state, design, mode, at)),
  ];
}

/** Workers are interchangeable: states that differ only in who is who are one. */
function keyOf(state: ProtocolState): string {
  const workers = state.workers.map((worker) => JSON.stringify(worker)).sort();
  return hash('sha1', JSON.stringify({ ...state, workers }), 'base64');
}

function traceOf(visit: Visit): readonly string[] {
  return visit.from === undefined ? [] : [...traceOf(visit.from), visit.label];
}
