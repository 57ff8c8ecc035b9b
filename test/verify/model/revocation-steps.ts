import type { Design } from './design.ts';
import { isLive, type Neighbour, type ProtocolState, type Step, spend, type User } from './protocol-state.ts';
import { revokeGrant } from './provider.ts';

/** The pending revocations. First the access token of the ended generation is invalidated, wherever a crash left it. */
export function revocationSteps(state: ProtocolState, design: Design, steps: Step[]): void {
  const { connection, access, revocations, tombstoneDue } = state;
  if (revocations.length === 0 || tombstoneDue > 0) return;
  if (isLive(connection) && access.generation < connection.generation) {
    const { generation, grant } = connection;
    const tombstone = { kind: 'tombstone', generation, version: 0, grant } as const;
    const next = { ...state, access: tombstone, settled: Math.max(state.settled, generation) };
    steps.push({ label: 'before anything is revoked, the older access token is invalidated', next });
    return;
  }
  for (const grant of revocations) {
    if (awaitsConsent(state, design, grant)) continue;
    const rest = { ...state, revocations: revocations.filter((one) => one !== grant) };
    const label = mayBeSameUser(state, design, grant)
      ? `grant ${grant} is left to expire: another live connection is the same user's`
      : `grant ${grant} is revoked at the provider`;
    steps.push({ label, next: revoked(rest, design, grant) });
  }
}

/** Notes that this grant is to be revoked at IMS. A connection whose disconnect had ended begins it again. */
export function withRevocationOf(state: ProtocolState, grant: number): ProtocolState {
  const { connection, revocations } = state;
  if (revocations.includes(grant)) return state;
  const next = { ...state, revocations: [...revocations, grant].sort() };
  if (connection.state !== 'disconnected') return next;
  return { ...next, connection: { ...connection, state: 'disconnecting' } };
}

function revoked(state: ProtocolState, design: Design, grant: number): ProtocolState {
  const user = state.grants[grant]?.user;
  if (user === undefined || mayBeSameUser(state, design, grant)) return state;
  return state.scope.ends === 'user' ? endAllOf(state, user) : revokeGrant(state, grant);
}

function mayBeSameUser(state: ProtocolState, { sparesSameUser }: Design, grant: number): boolean {
  if (!sparesSameUser || state.scope.setting === 'token') return false;
  const user = state.grants[grant]?.user;
  return isLiveConnectionOf(state, user) || (user === 'ann' && state.neighbour === 'live');
}

/** A mark ends when the code is redeemed or has expired. The user of a consent under this id is not known yet. */
function awaitsConsent(state: ProtocolState, design: Design, grant: number): boolean {
  if (mayBeSameUser(state, design, grant)) return false;
  return isConsentUnderWay(state, design) || (marksAre(state, design) && isNeighbourUnderWay(state, grant));
}

function isConsentUnderWay(state: ProtocolState, design: Design): boolean {
  return marksAre(state, design) && state.consents.some(({ step }) => step === 'waiting');
}

function isNeighbourUnderWay({ grants, neighbour }: ProtocolState, grant: number): boolean {
  return neighbour === 'waiting' && grants[grant]?.user === 'ann';
}

function marksAre({ scope }: ProtocolState, { waitsForConsents }: Design): boolean {
  return waitsForConsents && scope.setting !== 'token';
}

/** As the code counts: a user for whom no token can be vended has no live connection. */
function isLiveConnectionOf({ connection, grants }: ProtocolState, user: User | undefined): boolean {
  const counts = isLive(connection) && connection.state !== 'needs-reauthorization';
  return counts && grants[connection.grant]?.user === user;
}

/** IMS ends every grant of the user, including those not redeemed yet. */
function endAllOf(state: ProtocolState, user: User): ProtocolState {
  let next = state;
  for (const [at, grant] of state.grants.entries()) if (grant.user === user) next = revokeGrant(next, at);
  const hadNeighbour = state.neighbour === 'live' || state.neighbour === 'waiting';
  return user === 'ann' && hadNeighbour ? { ...next, neighbour: 'lost' } : next;
}

/** Ann under another id: she consents, her consent is redeemed, she may disconnect there, and that grant is revoked. */
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
