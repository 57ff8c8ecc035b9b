import { postStep, releaseLease } from './claim-and-post.ts';
import type { Design } from './design.ts';
import { dropInWindow } from './held-tokens.ts';
import {
  grantOf,
  type Mode,
  type ProtocolState,
  spend,
  type Token,
  type Worker,
  withGrant,
  withWorker,
} from './protocol-state.ts';
import type { Step } from './protocol-step.ts';
import { consume, forget } from './provider.ts';

const POSTS_ALLOWED = 2;

/** The provider consumes the token; the answer is on its way. Or the request never arrives. */
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
    const next = withWorker(spend(state, 'lostAnswers'), at, { ...worker, phase: 'silent' });
    steps.push({ label: `w${at}'s request is lost`, next });
  }
  return [...steps, ...lateSteps(state, at, worker)];
}

/** The answer arrives, is lost, or is slow; the real design hears a slow one out. */
export function answeredSteps(
  state: ProtocolState,
  design: Design,
  at: number,
  worker: Worker,
): readonly Step[] {
  const { successor } = worker;
  if (successor === null) return [];
  const received = withWorker(state, at, { ...worker, phase: 'received' });
  const silent = withWorker(state, at, { ...worker, phase: 'silent', successor: null });
  const steps: Step[] = [{ label: `w${at} receives ${successor}`, next: received }];
  if (state.budget.lostAnswers > 0) {
    const next = dropInWindow(spend(silent, 'lostAnswers'), successor);
    steps.push({ label: `the answer ${successor} to w${at} is lost`, next });
  }
  if (state.budget.slowAnswers > 0) {
    const late = design.listensToSlowAnswers ? received : silent;
    const what = design.listensToSlowAnswers ? 'receives it late' : 'has aborted';
    steps.push({
      label: `the answer ${successor} is slow: w${at} ${what}`,
      next: spend(late, 'slowAnswers'),
    });
  }
  return [...steps, ...lateSteps(state, at, worker)];
}

/** A refusal may be lost on its way as well: the same token is posted once more, and nothing is concluded. */
export function refusalLostSteps(state: ProtocolState, at: number, worker: Worker): readonly Step[] {
  const steps: Step[] = [...lateSteps(state, at, worker)];
  if (state.budget.lostAnswers === 0) return steps;
  const next = withWorker(spend(state, 'lostAnswers'), at, { ...worker, phase: 'silent' });
  return [...steps, { label: `the refusal of ${worker.posted} to w${at} is lost`, next }];
}

/** The first post has no answer when the second must be made: it stays open, wherever it is. */
function lateSteps(state: ProtocolState, at: number, worker: Worker): readonly Step[] {
  const { phase, successor, posts, beside } = worker;
  const isUnderWay = phase === 'posted' || phase === 'answered' || phase === 'refused';
  if (state.budget.lateAnswers === 0 || !isUnderWay || posts >= POSTS_ALLOWED || beside !== null) return [];
  const open = { ...worker, phase: 'silent', successor: null, beside: { phase, successor } } as const;
  const next = withWorker(spend(state, 'lateAnswers'), at, open);
  return [{ label: `w${at}'s first post is silent, and stays open`, next }];
}

/** One second post of the same token, if time is left; else the outcome stays unknown and the lease is released. */
export function silentSteps(state: ProtocolState, at: number, worker: Worker): readonly Step[] {
  const steps: Step[] = [];
  // While another post is open it is heard out.
  if (worker.beside === null) {
    steps.push({ label: `w${at} gives up: outcome unknown`, next: releaseLease(state, at, worker) });
  }
  if (worker.posts < POSTS_ALLOWED) steps.push(postStep(state, at, worker));
  return steps;
}

/** Where two posts are in flight, a family may end by our own second one: the answer was not there in time, as if it were lost. */
export function consumeFor(
  state: ProtocolState,
  mode: Mode,
  worker: Worker,
  token: Token,
): ReturnType<typeof consume> {
  const consumed = consume(state, mode, token);
  const endsFamily = mode === 'family' && consumed.successor === null && worker.beside !== null;
  if (!endsFamily) return consumed;
  return { ...consumed, state: withGrant(consumed.state, grantOf(token), { endedInWindow: true }) };
}
