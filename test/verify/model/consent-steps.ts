import type { Design } from './design.ts';
import {
  freshConnection,
  freshGrant,
  isLive,
  type PendingConsent,
  type ProtocolState,
  type Step,
  spend,
  type User,
} from './protocol-state.ts';
import { withRevocationOf } from './revocation-steps.ts';

export function consentSteps(state: ProtocolState, design: Design, steps: Step[]): void {
  if (state.budget.consentsByAnn > 0) steps.push(consentStep(state, design, 'ann'));
  if (state.budget.consentsByBob > 0) steps.push(consentStep(state, design, 'bob'));
  for (const consent of state.consents) redeemSteps(state, design, consent, steps);
}

/** A user consents in the browser. The generation is minted now; the code may be redeemed much later. */
function consentStep(state: ProtocolState, design: Design, user: User): Step {
  const grant = state.grants.length;
  const minted = design.generationsNeverReused ? state.mintedGenerations : state.connection.generation;
  const generation = minted + 1;
  const next: ProtocolState = {
    ...spend(state, user === 'ann' ? 'consentsByAnn' : 'consentsByBob'),
    mintedGenerations: generation,
    grants: [...state.grants, freshGrant(grant, user)],
    consents: [...state.consents, { generation, grant, step: 'waiting' }],
  };
  return { label: `${user} consents (generation ${generation})`, next };
}

/** The connection first, then the access token, then the mark on the code, each only over what is older. */
function redeemSteps(state: ProtocolState, design: Design, consent: PendingConsent, steps: Step[]): void {
  const { generation } = consent;
  switch (consent.step) {
    case 'waiting':
      steps.push(activateStep(state, design, consent));
      // Where nothing waits for it, a consent that is never redeemed is covered by one that is redeemed late.
      if (state.revocations.length > 0) {
        steps.push({
          label: `the code of generation ${generation} ends unredeemed`,
          next: without(state, consent),
        });
      }
      return;
    case 'written':
      steps.push({
        label: `the access token of generation ${generation} is published`,
        next: published(state, consent, state.budget.repeatedRedeems > 0),
      });
      return;
    case 'published':
      steps.push({ label: `the code of generation ${generation} is marked`, next: without(state, consent) });
      if (state.budget.repeatedRedeems > 0) steps.push(repeatedStep(state, consent));
  }
}

function activateStep(state: ProtocolState, design: Design, consent: PendingConsent): Step {
  const { generation, grant } = consent;
  const { connection, grants } = state;
  if (design.consentsInOrder && connection.generation >= generation) {
    return { label: `the redeem of generation ${generation} comes too late`, next: without(state, consent) };
  }
  const next: ProtocolState = {
    ...without(state, consent),
    connection: freshConnection(generation, grant),
    consents: [...others(state, consent), { ...consent, step: 'written' }],
  };
  const replacesAnother = isLive(connection) && grants[connection.grant]?.user !== grants[grant]?.user;
  return {
    label: `the consent of generation ${generation} is redeemed`,
    next: replacesAnother ? withRevocationOf(next, connection.grant) : next,
  };
}

/** A second caller with the same code: its own generation is stored, or a newer one. */
function repeatedStep(state: ProtocolState, consent: PendingConsent): Step {
  const spent = spend(state, 'repeatedRedeems');
  const isMine = state.connection.generation === consent.generation;
  return {
    label: `the code of generation ${consent.generation} is redeemed once more`,
    next: isMine ? published(spent, consent, false) : without(spent, consent),
  };
}

function published(state: ProtocolState, consent: PendingConsent, unmarked: boolean): ProtocolState {
  const { generation, grant } = consent;
  const { access, settled } = state;
  const isNewest =
    access.kind === 'none' ||
    access.generation < generation ||
    (access.generation === generation && access.version <= 1);
  const token = { kind: 'token', generation, version: 1, grant } as const;
  return {
    ...state,
    consents: [...others(state, consent), ...(unmarked ? [{ ...consent, step: 'published' } as const] : [])],
    settled: Math.max(settled, generation),
    ...(isNewest && { access: token }),
  };
}

function without(state: ProtocolState, consent: PendingConsent): ProtocolState {
  return { ...state, consents: others(state, consent) };
}

function others({ consents }: ProtocolState, consent: PendingConsent): readonly PendingConsent[] {
  return consents.filter((one) => one !== consent);
}
