import type { Design } from './design.ts';
import { isLive, type ProtocolState, type User } from './protocol-state.ts';
import type { Step } from './protocol-step.ts';
import { revokeGrant } from './provider.ts';

/** What IMS is still to be told of. First the access token of the ended generation goes, wherever a crash left it. */
export function revocationSteps(state: ProtocolState, design: Design, steps: Step[]): void {
  const { connection, access, revocations, tombstoneDue } = state;
  if (revocations.length === 0 || tombstoneDue > 0) return;
  if (isLive(connection) && access.generation < connection.generation) {
    const { generation, grant } = connection;
    const buried = { kind: 'tombstone', generation, version: 0, grant } as const;
    const next = { ...state, access: buried, settled: Math.max(state.settled, generation) };
    steps.push({ label: 'before anything is revoked, the older access token is invalidated', next });
    return;
  }
  for (const grant of revocations) {
    if (awaitsConsent(state, design, grant)) continue;
    const rest = { ...state, revocations: revocations.filter((one) => one !== grant) };
    const label = maySharePerson(state, design, grant)
      ? `grant ${grant} is left to expire: another live connection is the same user's`
      : `grant ${grant} is revoked at the provider`;
    steps.push({ label, next: revoked(rest, design, grant) });
  }
}

/** Notes that IMS is to be told of this grant; a connection whose disconnect had ended takes it up again. */
export function owing(state: ProtocolState, grant: number): ProtocolState {
  const { connection, revocations } = state;
  if (revocations.includes(grant)) return state;
  const next = { ...state, revocations: [...revocations, grant].sort() };
  if (connection.state !== 'disconnected') return next;
  return { ...next, connection: { ...connection, state: 'disconnecting' } };
}

function revoked(state: ProtocolState, design: Design, grant: number): ProtocolState {
  const user = state.grants[grant]?.user;
  if (user === undefined || maySharePerson(state, design, grant)) return state;
  return state.scope.ends === 'user' ? endAllOf(state, user) : revokeGrant(state, grant);
}

function maySharePerson(state: ProtocolState, { sparesSameUser }: Design, grant: number): boolean {
  if (!sparesSameUser || state.scope.setting === 'token') return false;
  const user = state.grants[grant]?.user;
  return isLiveConnectionOf(state, user) || (user === 'ann' && state.neighbour === 'live');
}

/** A mark ends with its redeem, or by itself once the code is worth nothing. Whose a consent under this id is, nobody knows. */
function awaitsConsent(state: ProtocolState, design: Design, grant: number): boolean {
  if (maySharePerson(state, design, grant)) return false;
  return isConsentUnderWay(state, design) || (marksAre(state, design) && isNeighbourUnderWay(state, grant));
}

export function isConsentUnderWay(state: ProtocolState, design: Design): boolean {
  return marksAre(state, design) && state.consents.some(({ step }) => step === 'waiting');
}

function isNeighbourUnderWay({ grants, neighbour }: ProtocolState, grant: number): boolean {
  return neighbour === 'waiting' && grants[grant]?.user === 'ann';
}

function marksAre({ scope }: ProtocolState, { waitsForConsents }: Design): boolean {
  return waitsForConsents && scope.setting !== 'token';
}

/** As the code counts them: a user to whom nothing can be vended any more has no live connection. */
export function isLiveConnectionOf({ connection, grants }: ProtocolState, user: User | undefined): boolean {
  const counts = isLive(connection) && connection.state !== 'needs-reauthorization';
  return counts && grants[connection.grant]?.user === user;
}

/** IMS ends whatever the user ever granted, also what is not redeemed yet. */
export function endAllOf(state: ProtocolState, user: User): ProtocolState {
  let next = state;
  for (const [at, grant] of state.grants.entries()) if (grant.user === user) next = revokeGrant(next, at);
  const hadNeighbour = state.neighbour === 'live' || state.neighbour === 'waiting';
  return user === 'ann' && hadNeighbour ? { ...next, neighbour: 'lost' } : next;
}
