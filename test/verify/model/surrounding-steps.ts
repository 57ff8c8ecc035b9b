import { consentSteps } from './consent-steps.ts';
import type { Design } from './design.ts';
import { disconnectSteps } from './disconnect-steps.ts';
import { isFitToRead } from './invariants.ts';
import { type ProtocolState, type Step, spend, withConnection } from './protocol-state.ts';
import { endGrace } from './provider.ts';
import { neighbourSteps, revocationSteps } from './revocation-steps.ts';
import { recover } from './successor-steps.ts';

/** Steps outside the workers: time, schedules, the app and the browser. */
export function surroundingSteps(state: ProtocolState, design: Design): readonly Step[] {
  const steps: Step[] = [];
  leaseSteps(state, steps);
  if (!design.sparesUncleanLease) takeoverStep(state, steps);
  parkedSteps(state, design, steps);
  graceSteps(state, steps);
  disconnectSteps(state, design, steps);
  revocationSteps(state, design, steps);
  consentSteps(state, design, steps);
  neighbourSteps(state, design, steps);
  return steps;
}

/**
 * A run that is alive when a lease ends began before the lease was taken. The hard kill (55 s) comes before the lease's end
 * (60 s), so all runs are dead by then. Each one that is not uses up a zombie of the budget.
 */
function leaseSteps(state: ProtocolState, steps: Step[]): void {
  const { lease } = state.connection;
  if (lease === null || lease.ranOut) return;
  const late = state.workers.filter(({ phase, zombie }) => phase !== 'idle' && !zombie).length;
  if (late > state.budget.zombies) return;
  const ranOut = withConnection(state, { lease: { ...lease, ranOut: true } });
  if (late === 0) {
    steps.push({ label: 'the lease runs out', next: ranOut });
    return;
  }
  const next = {
    ...ranOut,
    hadZombie: true,
    budget: { ...state.budget, zombies: state.budget.zombies - late },
    workers: state.workers.map((worker) => (worker.phase === 'idle' ? worker : { ...worker, zombie: true })),
  };
  steps.push({ label: `the lease runs out while ${late} of the workers still run`, next });
}

/** Taking and releasing a clean lease for something else changes nothing. Taking one that ran out hides a parked successor. */
function takeoverStep(state: ProtocolState, steps: Step[]): void {
  if (state.connection.lease?.ranOut !== true) return;
  const next = withConnection(state, { lease: null });
  steps.push({ label: 'a revocation takes over the lease that ran out, and releases it', next });
}

/** The recurring schedule fires. A one-time schedule would be gone even if the store still fails. */
function parkedSteps(state: ProtocolState, design: Design, steps: Step[]): void {
  for (const parked of state.parked) {
    steps.push({ label: 'the parked schedule fires', next: recover(state, design, parked) });
    if (state.budget.refusedCommits === 0) continue;
    const rest = design.parkingRecurs ? state.parked : state.parked.filter((one) => one !== parked);
    const next = { ...spend(state, 'refusedCommits'), parked: rest };
    steps.push({ label: 'the parked schedule fires; the store still refuses', next });
  }
}

function graceSteps(state: ProtocolState, steps: Step[]): void {
  if (state.budget.graceEnds === 0) return;
  steps.push({ label: 'the grace ends', next: endGrace(spend(state, 'graceEnds')) });
}

/**
 * A reader reads the access token in the cache and returns it. A disconnect may be answered between the two. That is allowed:
 * the request for the token began before the answer to the disconnect, and a faster reader would have returned the same. So a
 * read is right or wrong at the moment of reading: one step, which changes nothing, in every state of the search. (A client's
 * own memory is bounded by its `maxAgeMs`.)
 */
export function readerSteps(state: ProtocolState): readonly Step[] {
  if (isFitToRead(state)) return [];
  const label = `a reader is handed the access token of grant ${state.access.grant}, generation ${state.access.generation}`;
  const breach = 'I7 a reader is given the token of another consent';
  return [{ label, next: state, breach, crossUser: true }];
}
