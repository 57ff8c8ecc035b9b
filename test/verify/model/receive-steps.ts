import { endOf } from './beside-steps.ts';
import type { Design } from './design.ts';
import {
  type Candidate,
  candidateOf,
  commit,
  isAlreadyMine,
  mayCommit,
  settleUncommitted,
} from './keep-successor.ts';
import { IDLE, type Parked, type ProtocolState, spend, type Worker, withWorker } from './protocol-state.ts';
import type { Step } from './protocol-step.ts';

/** A successor is in hand: commit it, find it committed already, settle it as an uncommitted successor, or park it. */
export function receivedSteps(
  state: ProtocolState,
  design: Design,
  at: number,
  worker: Worker,
): readonly Step[] {
  if (worker.successor === null) return [];
  const candidate = candidateOf(worker, worker.successor);
  const publishing: Worker = { ...worker, phase: 'publishing', successor: null };
  const refused = parkSteps(state, design, at, publishing, candidate);
  if (!mayCommit(state, design, candidate))
    return [settleStep(state, design, at, publishing, candidate), ...refused];
  const committed = commit(state, design, candidate);
  const label = `w${at} commits ${candidate.successor} as version ${candidate.version + 1}`;
  const steps: Step[] = [{ label, next: withWorker(committed, at, publishing) }, ...refused];
  if (state.budget.ambiguousCommits > 0) {
    steps.push({ label: `${label}, but hears no reply`, next: spend(committed, 'ambiguousCommits') });
  }
  return steps;
}

function settleStep(
  state: ProtocolState,
  design: Design,
  at: number,
  publishing: Worker,
  candidate: Candidate,
): Step {
  if (isAlreadyMine(state, candidate)) {
    return { label: `w${at} finds its own commit`, next: withWorker(state, at, publishing) };
  }
  return {
    label: `w${at} was overtaken: settles ${candidate.successor}`,
    next: withWorker(settleUncommitted(state, design, candidate), at, endOf(publishing, design)),
  };
}

/** The store refuses until the deadline: the successor is parked, and the lease is left to run out. One place holds one. */
function parkSteps(
  state: ProtocolState,
  design: Design,
  at: number,
  publishing: Worker,
  { generation, version, successor, commit: id }: Candidate,
): readonly Step[] {
  if (state.budget.refusedCommits === 0) return [];
  const refused = spend(state, 'refusedCommits');
  if (!design.parks)
    return [{ label: `w${at} cannot commit ${successor}`, next: withWorker(refused, at, IDLE) }];
  const parked: Parked = { generation, version, successor, commit: id };
  const occupant = refused.parked.find((one) => one.generation === generation && one.version === version);
  if (occupant && occupant.commit !== id) {
    return [{ label: `w${at} can neither commit ${successor} nor park it beside another`, next: refused }];
  }
  const label = `w${at} cannot commit ${successor} and parks it`;
  const after = occupant ? refused : { ...refused, parked: [...refused.parked, parked] };
  const steps: Step[] = [{ label, next: withWorker(after, at, publishing) }];
  if (state.budget.ambiguousCommits > 0 && !occupant) {
    steps.push({ label: `${label}, but hears no reply`, next: spend(after, 'ambiguousCommits') });
  }
  return steps;
}

/** Refresh token before access token, and never over a newer generation or version. */
export function publishStep(state: ProtocolState, design: Design, at: number, worker: Worker): Step {
  const { access } = state;
  const version = worker.version + 1;
  const newest =
    access.kind === 'none' ||
    access.generation < worker.generation ||
    (access.generation === worker.generation && access.version <= version);
  const done = withWorker(state, at, endOf(worker, design));
  if (design.conditionalPublish && !newest) return { label: `w${at} may not publish`, next: done };
  const { generation, grant } = worker;
  return {
    label: `w${at} publishes an access token`,
    next: { ...done, access: { kind: 'token', generation, version, grant } },
  };
}
