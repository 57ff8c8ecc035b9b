import type { Design } from './design.ts';
import { isLive, type ProtocolState, type Step, spend, withConnection } from './protocol-state.ts';
import { withRevocationOf } from './revocation-steps.ts';

const NOTHING_HELD = {
  refresh: null,
  previous: null,
  alternate: null,
  lease: null,
  commits: [],
  refusals: 0,
  tried: [],
} as const;

/**
 * (1) A new generation without tokens. (2) The access-token tombstone, and the answer to the app. (3) The revocation at IMS.
 * (4) The tombstone stays. The process may die between two of them. Then the repeated call or the due time set with (1) does
 * the next one. So a crash between them is only a delay, and every delay is searched.
 */
export function disconnectSteps(state: ProtocolState, design: Design, steps: Step[]): void {
  const { connection, tombstoneDue, revocations } = state;
  if (tombstoneDue > 0) {
    steps.push({ label: 'the disconnect writes the access-token tombstone', next: withTombstone(state) });
    return;
  }
  if (connection.state === 'disconnecting') {
    if (revocations.length > 0) return;
    steps.push({
      label: 'the disconnect ends: a tombstone stays',
      next: withConnection(state, { state: 'disconnected' }),
    });
    return;
  }
  if (state.budget.disconnects === 0 || !isLive(connection)) return;
  const spent = spend(state, 'disconnects');
  if (!design.generationsNeverReused) {
    steps.push({ label: 'a disconnect deletes everything', next: withNothingLeft(spent) });
    return;
  }
  const generation = state.mintedGenerations + 1;
  const begun = withConnection(spent, { ...NOTHING_HELD, state: 'disconnecting', generation, version: 0 });
  const next = {
    ...withRevocationOf(begun, connection.grant),
    mintedGenerations: generation,
    tombstoneDue: generation,
  };
  steps.push({ label: 'a disconnect begins', next });
}

/** Over everything older. The disconnect is answered after it. */
function withTombstone(state: ProtocolState): ProtocolState {
  const { access, connection, tombstoneDue, settled } = state;
  const tombstone = {
    kind: 'tombstone',
    generation: tombstoneDue,
    version: 0,
    grant: connection.grant,
  } as const;
  return {
    ...state,
    tombstoneDue: 0,
    settled: Math.max(settled, tombstoneDue),
    ...(access.generation < tombstoneDue && { access: tombstone }),
  };
}

function withNothingLeft(state: ProtocolState): ProtocolState {
  const gone = withConnection(state, { ...NOTHING_HELD, state: 'disconnected', generation: 0, version: 0 });
  const access = { kind: 'none', generation: 0, version: 0, grant: 0 } as const;
  return { ...gone, access, mintedGenerations: 0, settled: 0 };
}
