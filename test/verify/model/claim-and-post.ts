import type { Design } from './design.ts';
import {
  IDLE,
  isLive,
  type ModelConnection,
  type ProtocolState,
  type Step,
  type Worker,
  withConnection,
  withWorker,
} from './protocol-state.ts';

/** The claim before a post: only on the generation, version and evidence that were read, and only while no lease is live. */
export function claimStep(state: ProtocolState, design: Design, at: number, worker: Worker): Step {
  const { connection } = state;
  const free = !design.lease || connection.lease === null || connection.lease.ranOut;
  const asRead = connection.generation === worker.generation && connection.version === worker.version;
  const posted = connection[worker.postedKind];
  if (
    !free ||
    !asRead ||
    (design.claimsWhatItRead && !isEvidenceAsRead(connection, worker)) ||
    !isLive(connection) ||
    posted === null
  ) {
    return { label: `w${at} loses the claim`, next: withWorker(state, at, IDLE) };
  }
  const runId = state.runs + 1;
  const claimed = withWorker({ ...state, runs: runId }, at, {
    ...worker,
    phase: 'claimed',
    runId,
    posted,
  });
  return {
    label: `w${at} claims version ${worker.version}`,
    next: withConnection(claimed, { lease: { runId, ranOut: false } }),
  };
}

/** A refusal that was decided on since then has moved `nextAttemptAtMs`, which the claim's condition compares. */
export function isEvidenceAsRead(connection: ModelConnection, worker: Worker): boolean {
  return (
    connection.refusals === worker.refusals &&
    connection.state === worker.stateRead &&
    connection.tried.length === worker.tried.length
  );
}

/** Nothing was posted: it cannot be prepared, time is short, or the lease was taken for something else. */
export function releaseStep(state: ProtocolState, at: number, worker: Worker): Step {
  return { label: `w${at} releases the lease unused`, next: releaseLease(state, at, worker) };
}

/** Ends the run; the lease goes if it is still its own. */
export function releaseLease(state: ProtocolState, at: number, worker: Worker): ProtocolState {
  const idle = withWorker(state, at, IDLE);
  const mine = state.connection.lease?.runId === worker.runId;
  return mine ? withConnection(idle, { lease: null }) : idle;
}

export function postStep(state: ProtocolState, at: number, worker: Worker): Step {
  const { connection } = state;
  const superseded = connection.generation === worker.generation && connection.version > worker.version;
  return {
    label: `w${at} posts ${worker.posted}`,
    next: withWorker(state, at, { ...worker, phase: 'posted', posts: worker.posts + 1 }),
    // With a zombie this cannot be known. The hard kill before the lease's end rules a zombie out.
    ...(superseded && !state.hadZombie && { breach: 'I4 a token is posted after its successor committed' }),
  };
}
