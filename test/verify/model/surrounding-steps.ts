import { consentSteps } from './consent-steps.ts';
import type { Design } from './design.ts';
import { disconnectSteps } from './disconnect-steps.ts';
import { recover } from './keep-successor.ts';
import { neighbourSteps } from './neighbour-steps.ts';
import { type ProtocolState, spend, withConnection } from './protocol-state.ts';
import type { Step } from './protocol-step.ts';
import { endGrace } from './provider.ts';
import { revocationSteps } from './revocation-steps.ts';

/** What happens around the workers: clocks, schedules, the app and the browser. */
export function surroundingSteps(state: ProtocolState, design: Design): readonly Step[] {
  const steps: Step[] = [];
  leaseSteps(state, steps);
  if (!design.sparesUncleanLease) errandStep(state, steps);
  parkedSteps(state, design, steps);
  graceSteps(state, steps);
  disconnectSteps(state, design, steps);
  revocationSteps(state, design, steps);
  consentSteps(state, design, steps);
  neighbourSteps(state, design, steps);
  return steps;
}

/**
 * Whoever runs when a lease ends began before it was taken, and the hard kill (55 s) comes before that end (60 s): so all are
 * dead by then. Each that is not is a zombie, at the price of one.
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

/** A clean lease that another errand takes and gives back changes nothing; one that ran out no longer warns of a parked successor. */
function errandStep(state: ProtocolState, steps: Step[]): void {
  if (state.connection.lease?.ranOut !== true) return;
  const next = withConnection(state, { lease: null });
  steps.push({ label: 'a revocation takes over the lease that ran out, and releases it', next });
}

/** The recurring schedule fires; while the store still refuses, a one-time schedule would be gone. */
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
