import { postStep, releaseLease } from './claim-and-post.ts';
import type { Design } from './design.ts';
import { dropInWindow } from './invariants.ts';
import {
  grantOf,
  IDLE,
  type Mode,
  type OpenPost,
  type ProtocolState,
  type Step,
  spend,
  type Token,
  type Worker,
  withGrant,
  withWorker,
} from './protocol-state.ts';
import { consume, forget } from './provider.ts';

const POSTS_ALLOWED = 2;

/** The provider consumes the token and its answer is on the way. Or the request never arrives. */
export function postedSteps(state: ProtocolState, mode: Mode, at: number, worker: Worker): readonly Step[] {
  if (worker.posted === null) return [];
  const { state: consumed, successor } = consumeFor(state, mode, worker, worker.posted);
  const phase = successor === null ? 'refused' : 'answered';
  const answered = withWorker(consumed, at, { ...worker, phase, successor });
  const post = { token: worker.posted, successor };
  const steps: Step[] = [
    { label: `the provider answers w${at}: ${successor ?? 'refused'}`, next: answered, post },
  ];
  const keepsOld = mode === 'reuse' || mode === 'grace';
  if (successor !== null && keepsOld && state.budget.stillborn > 0) {
    const next = forget(spend(answered, 'stillborn'), successor);
    steps.push({ label: `the provider answers w${at}: ${successor}, and forgets it`, next, post });
  }
  if (state.budget.lostAnswers > 0) {
    const next = withWorker(spend(state, 'lostAnswers'), at, { ...worker, phase: 'unanswered' });
    steps.push({ label: `w${at}'s request is lost`, next });
  }
  return [...steps, ...lateSteps(state, at, worker)];
}

/** The answer arrives, is lost, or is slow. The real design waits for a slow one. */
export function answeredSteps(
  state: ProtocolState,
  design: Design,
  at: number,
  worker: Worker,
): readonly Step[] {
  const { successor } = worker;
  if (successor === null) return [];
  const received = withWorker(state, at, { ...worker, phase: 'received' });
  const silent = withWorker(state, at, { ...worker, phase: 'unanswered', successor: null });
  const steps: Step[] = [{ label: `w${at} receives ${successor}`, next: received }];
  if (state.budget.lostAnswers > 0) {
    const next = dropInWindow(spend(silent, 'lostAnswers'), successor);
    steps.push({ label: `the answer ${successor} to w${at} is lost`, next });
  }
  if (state.budget.slowAnswers > 0) {
    const late = design.waitsForSlowAnswers ? received : silent;
    const what = design.waitsForSlowAnswers ? 'receives it late' : 'has aborted';
    steps.push({
      label: `the answer ${successor} is slow: w${at} ${what}`,
      next: spend(late, 'slowAnswers'),
    });
  }
  return [...steps, ...lateSteps(state, at, worker)];
}

/** A refusal may be lost as well: the same token is posted again, and nothing is decided. */
export function refusalLostSteps(state: ProtocolState, at: number, worker: Worker): readonly Step[] {
  const steps: Step[] = [...lateSteps(state, at, worker)];
  if (state.budget.lostAnswers === 0) return steps;
  const next = withWorker(spend(state, 'lostAnswers'), at, { ...worker, phase: 'unanswered' });
  return [...steps, { label: `the refusal of ${worker.posted} to w${at} is lost`, next }];
}

/** The first post is unanswered when the second must be made: it stays open, wherever it is. */
function lateSteps(state: ProtocolState, at: number, worker: Worker): readonly Step[] {
  const { phase, successor, posts, openPost } = worker;
  const isUnderWay = phase === 'posted' || phase === 'answered' || phase === 'refused';
  if (state.budget.lateAnswers === 0 || !isUnderWay || posts >= POSTS_ALLOWED || openPost !== null) return [];
  const open = { ...worker, phase: 'unanswered', successor: null, openPost: { phase, successor } } as const;
  const next = withWorker(spend(state, 'lateAnswers'), at, open);
  return [{ label: `w${at}'s first post is unanswered, and stays open`, next }];
}

/** One second post of the same token, if time is left; else the outcome stays unknown and the lease is released. */
export function unansweredSteps(state: ProtocolState, at: number, worker: Worker): readonly Step[] {
  const steps: Step[] = [];
  // While another post is open, the run waits for it.
  if (worker.openPost === null) {
    steps.push({ label: `w${at} gives up: outcome unknown`, next: releaseLease(state, at, worker) });
  }
  if (worker.posts < POSTS_ALLOWED) steps.push(postStep(state, at, worker));
  return steps;
}

/** With two posts in flight, our own second one may end a family: the first answer came too late, as if it were lost. */
function consumeFor(
  state: ProtocolState,
  mode: Mode,
  worker: Worker,
  token: Token,
): ReturnType<typeof consume> {
  const consumed = consume(state, mode, token);
  const endsFamily = mode === 'family' && consumed.successor === null && worker.openPost !== null;
  if (!endsFamily) return consumed;
  return { ...consumed, state: withGrant(consumed.state, grantOf(token), { endedInWindow: true }) };
}

/** The commit for a run's other post has its own id, and no lease. */
const SECOND_COMMIT = 1_000;

/** Two posts of one token are in flight: the steps of the one that the worker's phase does not describe. */
export function openPostSteps(state: ProtocolState, mode: Mode, at: number, worker: Worker): readonly Step[] {
  const { openPost } = worker;
  if (openPost === null) return [];
  return [...arrivalSteps(state, mode, at, worker, openPost), ...lossSteps(state, at, worker, openPost)];
}

function arrivalSteps(
  state: ProtocolState,
  mode: Mode,
  at: number,
  worker: Worker,
  openPost: OpenPost,
): readonly Step[] {
  switch (openPost.phase) {
    case 'posted':
      return takenStep(state, mode, at, worker);
    case 'answered':
      return tokensStep(state, at, worker, openPost);
    case 'refused':
      return refusalStep(state, at, worker);
  }
}

/** The provider handles the open post at last. */
function takenStep(state: ProtocolState, mode: Mode, at: number, worker: Worker): readonly Step[] {
  if (worker.posted === null) return [];
  const { state: consumed, successor } = consumeFor(state, mode, worker, worker.posted);
  const openPost: OpenPost = { phase: successor === null ? 'refused' : 'answered', successor };
  const next = withWorker(consumed, at, { ...worker, openPost });
  const post = { token: worker.posted, successor };
  return [{ label: `the provider answers w${at}'s open post: ${successor ?? 'refused'}`, next, post }];
}

/** Tokens count whatever the other post's answer is. A successor in hand is stored first. */
function tokensStep(
  state: ProtocolState,
  at: number,
  worker: Worker,
  { successor }: OpenPost,
): readonly Step[] {
  const { phase } = worker;
  if (phase === 'received' || phase === 'publishing') return [];
  const label = `w${at} receives ${successor} from its open post`;
  if (phase !== 'awaiting') {
    const next = withWorker(state, at, {
      ...worker,
      phase: 'received',
      successor,
      openPost: openPostOf(worker),
    });
    return [{ label, next }];
  }
  if (successor === worker.posted) return [{ label, next: withWorker(state, at, IDLE) }];
  const runId = worker.runId + SECOND_COMMIT;
  const received = { ...worker, phase: 'received', successor, runId, openPost: null } as const;
  return [{ label, next: withWorker(state, at, received) }];
}

/** The post of the worker's own phase, while it is unanswered. */
function openPostOf({ phase, successor }: Worker): OpenPost | null {
  return phase === 'posted' || phase === 'answered' ? { phase, successor } : null;
}

/** It counts where the other post stays unanswered. It does not count while the other post may still bring tokens. */
function refusalStep(state: ProtocolState, at: number, worker: Worker): readonly Step[] {
  const after = afterRefusal(worker);
  return after ? [{ label: `w${at}'s open post is refused`, next: withWorker(state, at, after) }] : [];
}

function afterRefusal(worker: Worker): Worker | undefined {
  switch (worker.phase) {
    case 'unanswered':
      return { ...worker, phase: 'refused', openPost: null };
    case 'refused':
      return { ...worker, openPost: null };
    case 'awaiting':
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
  const alone = worker.phase === 'awaiting' ? IDLE : { ...worker, openPost: null };
  const lost = withWorker(spend(state, 'lostAnswers'), at, alone);
  const next = successor === null ? lost : dropInWindow(lost, successor);
  return [{ label: `the answer to w${at}'s open post is lost`, next }];
}

/** The end of a run, unless it still waits for its other post. */
export function endOf(worker: Worker, design: Design): Worker {
  const waits = worker.openPost !== null && design.keepsBothSuccessors;
  return waits ? { ...worker, phase: 'awaiting', successor: null } : IDLE;
}
