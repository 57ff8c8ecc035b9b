import { isEvidenceAsRead } from './claim-and-post.ts';
import { type Design, REAL_DESIGN } from './design.ts';
import { noteWindowLosses, type Violation, violationByStep } from './invariants.ts';
import {
  type Budget,
  IDLE,
  initialState,
  type Mode,
  type ProtocolState,
  type RevocationScope,
  type Step,
  type Worker,
} from './protocol-state.ts';
import { createStateKey } from './state-key.ts';
import { readerSteps, surroundingSteps } from './surrounding-steps.ts';
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

/** Breadth-first over every interleaving. Stops at the first violation of a kind that counts. */
export function explore(cell: Cell, design: Design, options: SearchOptions = {}): Explored {
  const { counts = () => true, reduced = design === REAL_DESIGN, visit } = options;
  const rules: Rules = { design, mode: cell.mode, reduced };
  const keyOf = createStateKey(design);
  const start = initialState(cell.workers, cell.budget, cell.scope);
  const seen = new Set([keyOf(start)]);
  // How each state was first reached: from which state, by which of its steps. A trace is rebuilt from these.
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
          const trace = replayPath(start, rules, [...pathTo(first + offset, origins), index]);
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

function replayPath(start: ProtocolState, rules: Rules, path: readonly number[]): readonly string[] {
  let state = start;
  return path.map((index) => {
    const step = searchedSteps(state, rules)[index];
    if (step === undefined) throw new Error('A trace cannot be rebuilt.');
    state = settled(step.next, rules);
    return step.label;
  });
}

/**
 * Interleavings that need not be searched, because another one that is searched shows the same. This holds for the real design
 * alone, because it relies on its safeguards. A test compares the decisions with and without, on smaller cells.
 */

/**
 * Ends workers that can only end: one that read an older version will lose the claim, one whose refusal is overtaken decides
 * nothing, one that would publish under something newer may not. None of that can become possible again (I3, I9). Ending a
 * worker changes nothing for the others, forbids nothing, and allows everything that keeping it allowed.
 */
export function withoutHopeless(state: ProtocolState): ProtocolState {
  if (!state.workers.some((worker) => isHopeless(state, worker))) return state;
  const workers = state.workers.map((worker) => (isHopeless(state, worker) ? IDLE : worker));
  return { ...state, workers };
}

function isHopeless({ connection, access, budget }: ProtocolState, worker: Worker): boolean {
  const { phase, generation, version, openPost } = worker;
  // Its other post may still bring tokens.
  if (openPost !== null) return false;
  switch (phase) {
    case 'read':
      return !isAsRead(connection, worker) || !isEvidenceAsRead(connection, worker);
    case 'refused':
      // A refusal that is lost, or late, is posted once more.
      return budget.lostAnswers === 0 && budget.lateAnswers === 0 && !isAsRead(connection, worker);
    case 'publishing':
      if (access.kind === 'none') return false;
      return (
        access.generation > generation || (access.generation === generation && access.version > version + 1)
      );
    default:
      return false;
  }
}

function isAsRead(connection: Numbered, { generation, version }: Numbered): boolean {
  return generation === connection.generation && version === connection.version;
}

interface Numbered {
  readonly generation: number;
  readonly version: number;
}

/**
 * A worker whose next step is searched alone, because others acting before it show nothing that they do not show when they
 * act earlier, or later:
 * - `read`: the claim succeeds on the very state that was read, or the whole run was nothing. So reading may wait until just
 *   before the claim. (Not with zombies: a lease may come and run out in between.)
 * - `posted`: nothing happens to a request under way until the provider takes it; it may as well be sent only then.
 * - `answered`: an answer under way changes nothing for others; it may as well arrive, be lost, or be left open, at once.
 * A post that stays open is a separate step, and others may act meanwhile.
 * Every such step brings its worker on, so no worker is postponed forever.
 */
export function urgentWorker({ workers, budget, hadZombie }: ProtocolState): number {
  const mayOutlive = hadZombie || budget.zombies > 0;
  return workers.findIndex(
    ({ phase }) => phase === 'posted' || phase === 'answered' || (phase === 'read' && !mayOutlive),
  );
}
