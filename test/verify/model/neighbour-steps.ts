import type { Design } from './design.ts';
import { type Neighbour, type ProtocolState, spend } from './protocol-state.ts';
import type { Step } from './protocol-step.ts';
import { endAllOf, isConsentUnderWay, isLiveConnectionOf } from './revocation-steps.ts';

/** Ann under another id: she consents, her consent is redeemed, she may disconnect there, and IMS is told of that. */
export function neighbourSteps(state: ProtocolState, design: Design, steps: Step[]): void {
  switch (state.neighbour) {
    case 'none':
      if (state.budget.neighbours === 0) return;
      steps.push({
        label: 'ann consents under another id',
        next: { ...spend(state, 'neighbours'), neighbour: 'waiting' },
      });
      return;
    case 'waiting':
      steps.push({ label: 'the consent under the other id is redeemed', next: withNeighbour(state, 'live') });
      return;
    case 'live':
      steps.push({ label: 'the other connection is disconnected', next: withNeighbour(state, 'ending') });
      return;
    case 'ending':
      if (sparesMain(state, design) || !isConsentUnderWay(state, design)) steps.push(endStep(state, design));
      return;
  }
}

function sparesMain(state: ProtocolState, { sparesSameUser }: Design): boolean {
  return sparesSameUser && state.scope.setting !== 'token' && isLiveConnectionOf(state, 'ann');
}

function endStep(state: ProtocolState, design: Design): Step {
  const ended = withNeighbour(state, 'ended');
  if (sparesMain(state, design) || state.scope.ends === 'grant') {
    return { label: 'the other connection’s grant ends alone, or expires', next: ended };
  }
  return {
    label: 'the other connection’s grant is revoked, and with it all of ann’s',
    next: endAllOf(ended, 'ann'),
  };
}

function withNeighbour(state: ProtocolState, neighbour: Neighbour): ProtocolState {
  return { ...state, neighbour };
}
