import type { Design } from './design.ts';
import {
  grantOf,
  isLive,
  type Parked,
  type ProtocolState,
  type Token,
  type Worker,
  withConnection,
} from './protocol-state.ts';
import { revokeGrant } from './provider.ts';
import { owing } from './revocation-steps.ts';

/** A successor under way into the table, whether from the process that received it or from parking. */
export interface Candidate extends Parked {
  readonly posted: Token | null;
}

export function candidateOf(worker: Worker, successor: Token): Candidate {
  const { generation, version, attempt, posted } = worker;
  return { generation, version, successor, commit: attempt, posted };
}

export function mayCommit(state: ProtocolState, design: Design, candidate: Candidate): boolean {
  const { connection } = state;
  const sameGeneration = !design.generationCondition || connection.generation === candidate.generation;
  const sameVersion = !design.versionCondition || connection.version === candidate.version;
  const leased = design.commitWithoutLease || connection.lease?.attempt === candidate.commit;
  return sameGeneration && sameVersion && leased;
}

/** The one conditional update: new token, version + 1, the previous kept, the lease released. */
export function commit(state: ProtocolState, design: Design, candidate: Candidate): ProtocolState {
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

export function isAlreadyMine({ connection }: ProtocolState, candidate: Candidate): boolean {
  return connection.generation === candidate.generation && connection.commits.includes(candidate.commit);
}

/**
 * A successor that cannot be committed (design: step 9): kept beside a newer version of its own generation; left to expire
 * after the same user's new consent; owed to IMS after a disconnect or another user's consent.
 */
export function settleUncommitted(state: ProtocolState, design: Design, candidate: Candidate): ProtocolState {
  const { connection } = state;
  const uncommittedGrant = grantOf(candidate.successor);
  if (connection.generation === candidate.generation) {
    if (!design.keepsUnstorable) return revokeGrant(state, uncommittedGrant);
    const isRival = connection.version === candidate.version + 1 && connection.alternate === null;
    return isRival ? withConnection(state, { alternate: candidate.successor }) : state;
  }
  const sameUser = state.grants[connection.grant]?.user === state.grants[uncommittedGrant]?.user;
  return isLive(connection) && sameUser ? state : owing(state, uncommittedGrant);
}

/** Recovery is the same conditional write; afterwards the schedule goes, recovered or superseded. */
export function recover(state: ProtocolState, design: Design, parked: Parked): ProtocolState {
  const candidate = { ...parked, posted: state.connection.refresh };
  const rest = { ...state, parked: state.parked.filter((one) => one !== parked) };
  if (isLive(state.connection) && mayCommit(state, design, candidate)) return commit(rest, design, candidate);
  return isAlreadyMine(state, candidate) ? rest : settleUncommitted(rest, design, candidate);
}
