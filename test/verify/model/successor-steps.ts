import type { Design } from './design.ts';
import { endOf } from './post-steps.ts';
import {
  grantOf,
  IDLE,
  isLive,
  type Parked,
  type ProtocolState,
  type Step,
  spend,
  type Token,
  type Worker,
  withConnection,
  withWorker,
} from './protocol-state.ts';
import { revokeGrant } from './provider.ts';
import { withRevocationOf } from './revocation-steps.ts';

/** A successor that is to be stored, by the process that received it or from parking. */
export interface Candidate extends Parked {
  readonly posted: Token | null;
}

function candidateOf(worker: Worker, successor: Token): Candidate {
  const { generation, version, runId, posted } = worker;
  return { generation, version, successor, commit: runId, posted };
}

function mayCommit(state: ProtocolState, design: Design, candidate: Candidate): boolean {
  const { connection } = state;
  const sameGeneration = !design.generationCondition || connection.generation === candidate.generation;
  const sameVersion = !design.versionCondition || connection.version === candidate.version;
  const leased = design.commitWithoutLease || connection.lease?.runId === candidate.commit;
  return sameGeneration && sameVersion && leased;
}

/** The one conditional update: new token, version + 1, the previous kept, the lease released. */
function commit(state: ProtocolState, design: Design, candidate: Candidate): ProtocolState {
  return withConnection(state, {
    state: 'active',
    version: candidate.version + 1,
    refresh: candidate.successor,
    previous: design.keepsPrevious ? candidate.posted : null,
    alternate: null,
    lease: null,
    commits: [candidate.commit, ...state.connection.commits].slice(0, 2),
    refusals: 0,
    tried: [],
  });
}

function isAlreadyMine({ connection }: ProtocolState, candidate: Candidate): boolean {
  return connection.generation === candidate.generation && connection.commits.includes(candidate.commit);
}

/**
 * A successor that cannot be committed is kept next to a newer version of its own generation, left to expire after the same
 * user's new consent, and noted for revocation after a disconnect or another user's consent.
 */
function settleUncommitted(state: ProtocolState, design: Design, candidate: Candidate): ProtocolState {
  const { connection } = state;
  const uncommittedGrant = grantOf(candidate.successor);
  if (connection.generation === candidate.generation) {
    if (!design.keepsUnstorable) return revokeGrant(state, uncommittedGrant);
    const isRival = connection.version === candidate.version + 1 && connection.alternate === null;
    return isRival ? withConnection(state, { alternate: candidate.successor }) : state;
  }
  const sameUser = state.grants[connection.grant]?.user === state.grants[uncommittedGrant]?.user;
  return isLive(connection) && sameUser ? state : withRevocationOf(state, uncommittedGrant);
}

/** Recovery is the same conditional write. Afterwards the schedule is removed, recovered or superseded. */
export function recover(state: ProtocolState, design: Design, parked: Parked): ProtocolState {
  const candidate = { ...parked, posted: state.connection.refresh };
  const rest = { ...state, parked: state.parked.filter((one) => one !== parked) };
  if (isLive(state.connection) && mayCommit(state, design, candidate)) return commit(rest, design, candidate);
  return isAlreadyMine(state, candidate) ? rest : settleUncommitted(rest, design, candidate);
}

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
    steps.push({ label: `${label}, but gets no reply`, next: spend(committed, 'ambiguousCommits') });
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

/** The store fails until the deadline: the successor is parked, and the lease is left to run out. A place holds one successor. */
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
    return [
      { label: `w${at} can neither commit ${successor} nor park it: the place is taken`, next: refused },
    ];
  }
  const label = `w${at} cannot commit ${successor} and parks it`;
  const after = occupant ? refused : { ...refused, parked: [...refused.parked, parked] };
  const steps: Step[] = [{ label, next: withWorker(after, at, publishing) }];
  if (state.budget.ambiguousCommits > 0 && !occupant) {
    steps.push({ label: `${label}, but gets no reply`, next: spend(after, 'ambiguousCommits') });
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
