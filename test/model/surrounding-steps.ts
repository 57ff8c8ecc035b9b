import type { Design } from './design.ts';
import { adopt } from './keep-successor.ts';
import {
  freshConnection,
  freshGrant,
  isLive,
  type PendingConsent,
  type ProtocolState,
  spend,
  type User,
  withConnection,
} from './protocol-state.ts';
import type { Step } from './protocol-step.ts';
import { endGrace, revokeGrant } from './provider.ts';

/** What happens around the workers: clocks, schedules, the app and the browser. */
export function surroundingSteps(state: ProtocolState, design: Design): readonly Step[] {
  return [
    ...leaseSteps(state),
    ...parkedSteps(state, design),
    ...graceSteps(state),
    ...disconnectSteps(state, design),
    ...consentSteps(state, design, 'ann'),
    ...consentSteps(state, design, 'bob'),
    ...state.consents.map((consent) => redeemStep(state, design, consent)),
  ];
}

/**
 * Whoever runs when a lease ends began before it was taken, and the hard kill (55 s) comes before that end (60 s): so all are
 * dead by then. Each that is not is a zombie, at the price of one.
 */
function leaseSteps(state: ProtocolState): readonly Step[] {
  const { lease } = state.connection;
  if (lease === null || lease.ranOut) return [];
  const late = state.workers.filter(({ phase, zombie }) => phase !== 'idle' && !zombie).length;
  if (late > state.budget.zombies) return [];
  const ranOut = withConnection(state, { lease: { ...lease, ranOut: true } });
  if (late === 0) return [{ label: 'the lease runs out', next: ranOut }];
  const next = {
    ...ranOut,
    hadZombie: true,
    budget: { ...state.budget, zombies: state.budget.zombies - late },
    workers: state.workers.map((worker) => (worker.phase === 'idle' ? worker : { ...worker, zombie: true })),
  };
  return [{ label: `the lease runs out while ${late} of the workers still run`, next }];
}

/** The recurring schedule rings; while the store still refuses, a one-time schedule would be gone. */
function parkedSteps(state: ProtocolState, design: Design): readonly Step[] {
  return state.parked.flatMap((parked) => {
    const adopted = { label: 'the parked schedule rings', next: adopt(state, design, parked) };
    if (state.budget.refusedCommits === 0) return [adopted];
    const rest = design.parkingRecurs ? state.parked : state.parked.filter((one) => one !== parked);
    const next = { ...spend(state, 'refusedCommits'), parked: rest };
    return [adopted, { label: 'the parked schedule rings; the store still refuses', next }];
  });
}

function graceSteps(state: ProtocolState): readonly Step[] {
  if (state.budget.graceEnds === 0) return [];
  return [{ label: 'the grace ends', next: endGrace(spend(state, 'graceEnds')) }];
}

/** (1) a new generation without tokens, (2) the access-token tombstone, (3) revocation and tombstone. */
function disconnectSteps(state: ProtocolState, design: Design): readonly Step[] {
  const { connection, tombstoneDue, access } = state;
  if (tombstoneDue > 0) {
    const tombstone = {
      kind: 'tombstone',
      generation: tombstoneDue,
      version: 0,
      grant: connection.grant,
    } as const;
    const next = {
      ...state,
      tombstoneDue: 0,
      ...(access.generation < tombstoneDue && { access: tombstone }),
    };
    return [{ label: 'the disconnect writes the access-token tombstone', next }];
  }
  if (connection.state === 'disconnecting') {
    const revoked = revokeGrant(state, connection.grant);
    return [{ label: 'the old grant is revoked', next: withConnection(revoked, { state: 'disconnected' }) }];
  }
  if (state.budget.disconnects === 0 || !isLive(connection)) return [];
  const ended = {
    refresh: null,
    previous: null,
    alternate: null,
    lease: null,
    commits: [],
    refusals: 0,
    tried: [],
  };
  const spent = spend(state, 'disconnects');
  if (!design.generationsNeverReused) {
    const gone = withConnection(spent, { ...ended, state: 'disconnected', generation: 0, version: 0 });
    const access = { kind: 'none', generation: 0, version: 0, grant: 0 } as const;
    return [{ label: 'a disconnect deletes everything', next: { ...gone, access, mintedGenerations: 0 } }];
  }
  const generation = state.mintedGenerations + 1;
  const next = withConnection(spent, { ...ended, state: 'disconnecting', generation, version: 1 });
  return [
    {
      label: 'a disconnect begins',
      next: { ...next, mintedGenerations: generation, tombstoneDue: generation },
    },
  ];
}

/** Somebody consents in the browser; the generation is minted now, the redeem may come late. */
function consentSteps(state: ProtocolState, design: Design, user: User): readonly Step[] {
  const fault = user === 'ann' ? 'consentsByAnn' : 'consentsByBob';
  if (state.budget[fault] === 0) return [];
  const grant = state.grants.length;
  const generation =
    (design.generationsNeverReused ? state.mintedGenerations : state.connection.generation) + 1;
  const next: ProtocolState = {
    ...spend(state, fault),
    mintedGenerations: generation,
    grants: [...state.grants, freshGrant(grant, user)],
    consents: [...state.consents, { generation, grant, step: 'waiting' }],
  };
  return [{ label: `${user} consents (generation ${generation})`, next }];
}

/** Connections first, then the access token; each only over what is older. */
function redeemStep(state: ProtocolState, design: Design, consent: PendingConsent): Step {
  const { generation, grant } = consent;
  const others = state.consents.filter((one) => one !== consent);
  if (consent.step === 'written') {
    const isNewer = state.access.kind === 'none' || state.access.generation < generation;
    const access = { kind: 'token', generation, version: 1, grant } as const;
    const next = { ...state, consents: others, ...(isNewer && { access }) };
    return { label: `the access token of generation ${generation} is published`, next };
  }
  if (design.consentsInOrder && state.connection.generation >= generation) {
    return {
      label: `the redeem of generation ${generation} comes too late`,
      next: { ...state, consents: others },
    };
  }
  const next: ProtocolState = {
    ...state,
    connection: freshConnection(generation, grant),
    consents: [...others, { ...consent, step: 'written' }],
  };
  return { label: `the consent of generation ${generation} is redeemed`, next };
}
