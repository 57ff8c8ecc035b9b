import { grantOf, isLive, type ProtocolState, type Token, withGrant } from './protocol-state.ts';

/** Durable copies that still count for the present consent. */
function storedTokens({ connection, parked }: ProtocolState): readonly Token[] {
  const waiting = parked.filter(
    ({ generation, version }) => generation === connection.generation && version === connection.version,
  );
  return [
    connection.refresh,
    connection.previous,
    connection.alternate,
    ...waiting.map(({ successor }) => successor),
  ].filter((token) => token !== null);
}

function heldTokens(state: ProtocolState): readonly Token[] {
  const inHand = state.workers.map(({ successor }) => successor).filter((token) => token !== null);
  return [...storedTokens(state), ...inHand];
}

/** The user is connected, the provider may even know a good token, and no process and no store of ours holds one. */
function isLost(state: ProtocolState): boolean {
  const grant = state.grants[state.connection.grant];
  if (!isLive(state.connection) || grant === undefined) return false;
  return !heldTokens(state).some((token) => grant.live.includes(token));
}

/** Called revoked while the provider accepts a token we hold. */
export function isFalselyCalledRevoked(state: ProtocolState): boolean {
  const live = state.grants[state.connection.grant]?.live ?? [];
  return (
    state.connection.state === 'needs-reauthorization' && heldTokens(state).some((one) => live.includes(one))
  );
}

/** Lost, although no answer was lost on its way and no process died between receiving and storing it. */
export function isLostOutsideWindow(state: ProtocolState): boolean {
  return isLost(state) && state.grants[state.connection.grant]?.endedInWindow !== true;
}

/** The token is with nobody from here on: its answer was lost, or the only process that had it died. */
export function dropInWindow(state: ProtocolState, token: Token): ProtocolState {
  const at = grantOf(token);
  const grant = state.grants[at];
  if (grant === undefined || storedTokens(state).includes(token)) return state;
  return withGrant(state, at, { lostInWindow: [...grant.lostInWindow, token].sort() });
}

/** Once everything the provider accepts fell into the window, the grant ended there. */
export function noteWindowLosses(state: ProtocolState): ProtocolState {
  const at = state.connection.grant;
  const grant = state.grants[at];
  if (grant === undefined || grant.endedInWindow || grant.lostInWindow.length === 0) return state;
  const allInWindow = grant.live.length > 0 && grant.live.every((one) => grant.lostInWindow.includes(one));
  return allInWindow && isLost(state) ? withGrant(state, at, { endedInWindow: true }) : state;
}
