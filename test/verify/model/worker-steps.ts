import { claimStep, postStep, releaseLease, releaseStep } from './claim-and-post.ts';
import type { Design } from './design.ts';
import { dropInWindow } from './invariants.ts';
import {
  answeredSteps,
  openPostSteps,
  postedSteps,
  refusalLostSteps,
  unansweredSteps,
} from './post-steps.ts';
import {
  IDLE,
  isLive,
  type Mode,
  type PostedKind,
  type ProtocolState,
  type Step,
  spend,
  type Worker,
  withConnection,
  withWorker,
} from './protocol-state.ts';
import { publishStep, receivedSteps, recover } from './successor-steps.ts';

const REFUSALS_NEEDED = 2;

/** Everything that one run of `rotate` may do next, or that may happen to it. */
export function workerSteps(state: ProtocolState, design: Design, mode: Mode, at: number): readonly Step[] {
  const worker = state.workers[at];
  if (worker === undefined) return [];
  return [
    ...ownSteps(state, design, mode, at, worker),
    ...openPostSteps(state, mode, at, worker),
    ...deaths(state, at, worker),
  ];
}

function ownSteps(
  state: ProtocolState,
  design: Design,
  mode: Mode,
  at: number,
  worker: Worker,
): readonly Step[] {
  switch (worker.phase) {
    case 'idle':
      return readStep(state, design, at);
    case 'read':
      return afterRead(state, design, at, worker);
    case 'claimed':
      return [postStep(state, at, worker), releaseStep(state, at, worker)];
    case 'posted':
      return postedSteps(state, mode, at, worker);
    case 'answered':
      return answeredSteps(state, design, at, worker);
    case 'unanswered':
      return unansweredSteps(state, at, worker);
    case 'refused':
      return [...decideSteps(state, design, at, worker), ...refusalLostSteps(state, at, worker)];
    case 'received':
      return receivedSteps(state, design, at, worker);
    case 'publishing':
      return [publishStep(state, design, at, worker)];
    case 'awaiting':
      return [];
  }
}

/** A strong read. No run goes on while a lease is live. After `needs-reauthorization` a run still tries once a day. */
function readStep(state: ProtocolState, design: Design, at: number): readonly Step[] {
  const { connection, budget } = state;
  const leased = design.lease && connection.lease !== null && !connection.lease.ranOut;
  if (budget.requests === 0 || !isLive(connection) || leased || isTooSoonAfterRefusal(state)) return [];
  const read: Worker = {
    ...IDLE,
    phase: 'read',
    generation: connection.generation,
    version: connection.version,
    grant: connection.grant,
    postedKind: kindToPost(state),
    uncleanLease: connection.lease !== null,
    stateRead: connection.state,
    refusals: connection.refusals,
    tried: connection.tried,
  };
  return [{ label: `w${at} reads`, next: withWorker(spend(state, 'requests'), at, read) }];
}

/**
 * Attempts after a refusal are hours apart, those with a fallback a minute. By then every earlier process is dead, killed after
 * 55 s, and every parked schedule has fired, once a minute. A run that had read before the refusal may still be there.
 */
function isTooSoonAfterRefusal(state: ProtocolState): boolean {
  const quiet = state.workers.every(({ phase }) => phase === 'idle') && state.parked.length === 0;
  return state.connection.refusals > 0 && !quiet;
}

function kindToPost({ connection }: ProtocolState): PostedKind {
  if (connection.state !== 'suspect' || connection.refusals < REFUSALS_NEEDED) return 'refresh';
  return nextFallback(connection) ?? 'refresh';
}

function nextFallback(connection: ProtocolState['connection']): PostedKind | undefined {
  const fallbacks: readonly PostedKind[] = ['alternate', 'previous'];
  return fallbacks.find((kind) => connection[kind] !== null && !connection.tried.includes(kind));
}

/** After a lease that ran out unreleased, a parked successor is recovered before any post. Looking for it is a separate call. */
function afterRead(state: ProtocolState, design: Design, at: number, worker: Worker): readonly Step[] {
  if (!design.recoversBeforePosting || !worker.uncleanLease) return [claimStep(state, design, at, worker)];
  const parked = state.parked.find(
    ({ generation, version }) => generation === worker.generation && version === worker.version,
  );
  if (parked === undefined) {
    const looked = withWorker(state, at, { ...worker, uncleanLease: false });
    return [{ label: `w${at} finds nothing parked`, next: looked }];
  }
  const recovered = withWorker(recover(state, design, parked), at, IDLE);
  return [{ label: `w${at} recovers what was parked`, next: recovered }];
}

/**
 * A refusal is written only by the run that still holds the lease on the version it posted. The first is never enough. Whether a
 * later one completes the evidence depends on their number, on the time between them, and on the other connections.
 */
function decideSteps(state: ProtocolState, design: Design, at: number, worker: Worker): readonly Step[] {
  const { connection } = state;
  if (worker.openPost !== null && design.tokensBeatRefusals) return [];
  const current =
    connection.generation === worker.generation &&
    connection.version === worker.version &&
    isLive(connection) &&
    (!design.lease || connection.lease?.runId === worker.runId);
  if (!current) {
    const next = withWorker(state, at, IDLE);
    return [{ label: `w${at} was refused, but was overtaken: concludes nothing`, next }];
  }
  if (worker.stateRead === 'needs-reauthorization') {
    return [{ label: `w${at} is still refused`, next: releaseLease(state, at, worker) }];
  }
  const complete = Math.min(REFUSALS_NEEDED, worker.refusals + 1);
  const enough = new Set(worker.refusals === 1 ? [complete, 1] : [complete]);
  return [...enough].map((refusals) => decideStep(state, design, at, worker, refusals));
}

function decideStep(
  state: ProtocolState,
  design: Design,
  at: number,
  worker: Worker,
  refusals: number,
): Step {
  const tried = worker.postedKind === 'refresh' ? worker.tried : [...worker.tried, worker.postedKind];
  const complete = !design.gathersEvidence || refusals === REFUSALS_NEEDED;
  const hopeless = complete && nextFallback({ ...state.connection, tried }) === undefined;
  const decision = hopeless ? 'needs-reauthorization' : 'suspect';
  return {
    label: `w${at} decides on the refusal of ${worker.posted}: ${decision}`,
    next: withConnection(withWorker(state, at, IDLE), { state: decision, refusals, tried, lease: null }),
  };
}

/** A crash uses up a fault of the budget; the late kill of a zombie does not. */
function deaths(state: ProtocolState, at: number, worker: Worker): readonly Step[] {
  if (worker.phase === 'idle' || (!worker.zombie && state.budget.crashes === 0)) return [];
  const dead = withWorker(worker.zombie ? state : spend(state, 'crashes'), at, IDLE);
  const held = [worker.successor, worker.openPost?.successor ?? null].filter((token) => token !== null);
  const next = held.reduce(dropInWindow, dead);
  return [{ label: `w${at} dies (${worker.phase})`, next }];
}
