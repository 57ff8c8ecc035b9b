import { postStep, releaseLease } from './claim-and-post.ts';
import type { Design } from './design.ts';
import { dropInWindow } from './held-tokens.ts';
import { type Mode, type ProtocolState, spend, type Worker, withWorker } from './protocol-state.ts';
import type { Step } from './protocol-step.ts';
import { consume, forget } from './provider.ts';

const POSTS_ALLOWED = 2;

/** The provider consumes the token; the answer is on its way. Or the request never arrives. */
export function postedSteps(state: ProtocolState, mode: Mode, at: number, worker: Worker): readonly Step[] {
  if (worker.posted === null) return [];
  const { state: consumed, successor } = consume(state, mode, worker.posted);
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
  return steps;
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
  return steps;
}

/** A refusal may be lost on its way as well: the same token is posted once more, and nothing is concluded. */
export function refusalLostSteps(state: ProtocolState, at: number, worker: Worker): readonly Step[] {
  if (state.budget.lostAnswers === 0) return [];
  const next = withWorker(spend(state, 'lostAnswers'), at, { ...worker, phase: 'silent' });
  return [{ label: `the refusal of ${worker.posted} to w${at} is lost`, next }];
}

/** One second post of the same token, if time is left; else the outcome stays unknown and the lease is released. */
export function silentSteps(state: ProtocolState, at: number, worker: Worker): readonly Step[] {
  const steps: Step[] = [
    { label: `w${at} gives up: outcome unknown`, next: releaseLease(state, at, worker) },
  ];
  if (worker.posts < POSTS_ALLOWED) steps.push(postStep(state, at, worker));
  return steps;
}
