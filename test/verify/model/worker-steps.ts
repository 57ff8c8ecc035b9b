import { besideSteps } from './beside-steps.ts';
import { claimStep, postStep, releaseLease, releaseStep } from './claim-and-post.ts';
import type { Design } from './design.ts';
import { dropInWindow } from './held-tokens.ts';
import { recover } from './keep-successor.ts';
import {
  IDLE,
  isLive,
  type Mode,
  type PostedKind,
  type ProtocolState,
  spend,
  type Worker,
  withConnection,
  withWorker,
} from './protocol-state.ts';
import type { Step } from './protocol-step.ts';
import { publishStep, receivedSteps } from './receive-steps.ts';
import { answeredSteps, postedSteps, refusalLostSteps, silentSteps } from './redeem-steps.ts';

const REFUSALS_NEEDED = 2;

/** Everything one run of `rotate` may do next, or suffer. */
export function workerSteps(state: ProtocolState, design: Design, mode: Mode, at: number): readonly Step[] {
  const worker = state.workers[at];
  if (worker === undefined) return [];
  return [
    ...ownSteps(state, design, mode, at, worker),
    ...besideSteps(state, mode, at, worker),
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
    case 'silent':
      return silentSteps(state, at, worker);
    case 'refused':
      return [...judgeSteps(state, design, at, worker), ...refusalLostSteps(state, at, worker)];
    case 'received':
      return receivedSteps(state, design, at, worker);
    case 'publishing':
      return [publishStep(state, design, at, worker)];
    case 'hearing':
      return [];
  }
}

/** The gate: a strong read, and nothing while a lease is live. After the decision it is still tried, once a day. */
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
 * Tries after a refusal are hours apart, and the fallbacks' own tries a minute: every process of then is dead, killed after
 * 55 s, and every parked schedule has fired, once a minute. Who had read before the refusal may still be there.
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

/** A lease that ran out unreleased: a parked successor comes before any further post. Looking is a call of its own. */
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
 * A refusal is written only by whoever still holds the lease on the version it posted. The first is never enough; whether a
 * later one completes the evidence depends on how many there were, over how long, and on how other connections fare.
 */
function judgeSteps(state: ProtocolState, design: Design, at: number, worker: Worker): readonly Step[] {
  const { connection } = state;
  if (worker.beside !== null && design.tokensBeatRefusals) return [];
  const current =
    connection.generation === worker.generation &&
    connection.version === worker.version &&
    isLive(connection) &&
    (!design.lease || connection.lease?.attempt === worker.attempt);
  if (!current) {
    const next = withWorker(state, at, IDLE);
    return [{ label: `w${at} was refused, but was overtaken: concludes nothing`, next }];
  }
  if (worker.stateRead === 'needs-reauthorization') {
    return [{ label: `w${at} is still refused`, next: releaseLease(state, at, worker) }];
  }
  const complete = Math.min(REFUSALS_NEEDED, worker.refusals + 1);
  const enough = new Set(worker.refusals === 1 ? [complete, 1] : [complete]);
  return [...enough].map((refusals) => judgeStep(state, design, at, worker, refusals));
}

function judgeStep(state: ProtocolState, design: Design, at: number, worker: Worker, refusals: number): Step {
  const tried = worker.postedKind === 'refresh' ? worker.tried : [...worker.tried, worker.postedKind];
  const complete = !design.gathersEvidence || refusals === REFUSALS_NEEDED;
  const hopeless = complete && nextFallback({ ...state.connection, tried }) === undefined;
  const decision = hopeless ? 'needs-reauthorization' : 'suspect';
  return {
    label: `w${at} judges the refusal of ${worker.posted}: ${decision}`,
    next: withConnection(withWorker(state, at, IDLE), { state: decision, refusals, tried, lease: null }),
  };
}

/** A crash costs a fault of the budget; a zombie's late kill is free. */
function deaths(state: ProtocolState, at: number, worker: Worker): readonly Step[] {
  if (worker.phase === 'idle' || (!worker.zombie && state.budget.crashes === 0)) return [];
  const dead = withWorker(worker.zombie ? state : spend(state, 'crashes'), at, IDLE);
  const held = [worker.successor, worker.beside?.successor ?? null].filter((token) => token !== null);
  const next = held.reduce(dropInWindow, dead);
  return [{ label: `w${at} dies (${worker.phase})`, next }];
}
