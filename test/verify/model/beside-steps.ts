import type { Design } from './design.ts';
import { dropInWindow } from './held-tokens.ts';
import {
  IDLE,
  type Mode,
  type OpenPost,
  type ProtocolState,
  spend,
  type Worker,
  withWorker,
} from './protocol-state.ts';
import type { Step } from './protocol-step.ts';
import { consumeFor } from './redeem-steps.ts';

/** What a run commits for its other post has an id of its own, and no lease. */
const SECOND_COMMIT = 1_000;

/** Two posts of one token are in flight: what becomes of the one that the worker's phase does not tell of. */
export function besideSteps(state: ProtocolState, mode: Mode, at: number, worker: Worker): readonly Step[] {
  const { beside } = worker;
  if (beside === null) return [];
  return [...arrivalSteps(state, mode, at, worker, beside), ...lossSteps(state, at, worker, beside)];
}

function arrivalSteps(
  state: ProtocolState,
  mode: Mode,
  at: number,
  worker: Worker,
  beside: OpenPost,
): readonly Step[] {
  switch (beside.phase) {
    case 'posted':
      return takenStep(state, mode, at, worker);
    case 'answered':
      return tokensStep(state, at, worker, beside);
    case 'refused':
      return refusalStep(state, at, worker);
  }
}

/** The provider looks at the open post at last. */
function takenStep(state: ProtocolState, mode: Mode, at: number, worker: Worker): readonly Step[] {
  if (worker.posted === null) return [];
  const { state: consumed, successor } = consumeFor(state, mode, worker, worker.posted);
  const beside: OpenPost = { phase: successor === null ? 'refused' : 'answered', successor };
  const next = withWorker(consumed, at, { ...worker, beside });
  const post = { token: worker.posted, successor };
  return [{ label: `the provider answers w${at}'s open post: ${successor ?? 'refused'}`, next, post }];
}

/** Tokens count whatever the other post says. What is being kept is kept first. */
function tokensStep(
  state: ProtocolState,
  at: number,
  worker: Worker,
  { successor }: OpenPost,
): readonly Step[] {
  const { phase } = worker;
  if (phase === 'received' || phase === 'publishing') return [];
  const label = `w${at} receives ${successor} from its open post`;
  if (phase !== 'hearing') {
    const next = withWorker(state, at, {
      ...worker,
      phase: 'received',
      successor,
      beside: openPostOf(worker),
    });
    return [{ label, next }];
  }
  if (successor === worker.posted) return [{ label, next: withWorker(state, at, IDLE) }];
  const attempt = worker.attempt + SECOND_COMMIT;
  const received = { ...worker, phase: 'received', successor, attempt, beside: null } as const;
  return [{ label, next: withWorker(state, at, received) }];
}

/** The post of the worker's own phase, as long as it is unanswered. A refusal that has arrived has nothing more to say. */
function openPostOf({ phase, successor }: Worker): OpenPost | null {
  return phase === 'posted' || phase === 'answered' ? { phase, successor } : null;
}

/** It says more than silence, and nothing beside a second post that may still bring tokens. */
function refusalStep(state: ProtocolState, at: number, worker: Worker): readonly Step[] {
  const after = afterRefusal(worker);
  return after ? [{ label: `w${at}'s open post is refused`, next: withWorker(state, at, after) }] : [];
}

function afterRefusal(worker: Worker): Worker | undefined {
  switch (worker.phase) {
    case 'silent':
      return { ...worker, phase: 'refused', beside: null };
    case 'refused':
      return { ...worker, beside: null };
    case 'hearing':
      return IDLE;
    default:
      return undefined;
  }
}

/** The open post never arrives, or its answer does not. */
function lossSteps(
  state: ProtocolState,
  at: number,
  worker: Worker,
  { successor }: OpenPost,
): readonly Step[] {
  if (state.budget.lostAnswers === 0) return [];
  const alone = worker.phase === 'hearing' ? IDLE : { ...worker, beside: null };
  const lost = withWorker(spend(state, 'lostAnswers'), at, alone);
  const next = successor === null ? lost : dropInWindow(lost, successor);
  return [{ label: `the answer to w${at}'s open post is lost`, next }];
}

/** The end of a run, unless its other post is still to be heard out. */
export function endOf(worker: Worker, design: Design): Worker {
  const hears = worker.beside !== null && design.keepsBothSuccessors;
  return hears ? { ...worker, phase: 'hearing', successor: null } : IDLE;
}
