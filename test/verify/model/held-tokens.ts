import {
  grantOf,
  isLive,
  type ModelConnection,
  type Parked,
  type ProtocolState,
  type Token,
  type Worker,
  withGrant,
} from './protocol-state.ts';

/** There is a durable copy that still counts for the present consent. */
function isStored({ connection, parked }: ProtocolState, token: Token): boolean {
  const { refresh, previous, alternate } = connection;
  if (token === refresh || token === previous || token === alternate) return true;
  return parked.some((one) => one.successor === token && willBeKept(connection, one));
}

/** Recovered when its schedule fires; or, if another successor of the same token was committed meanwhile, kept beside it. */
function willBeKept(connection: ModelConnection, { generation, version }: Parked): boolean {
  const isRival = version + 1 === connection.version && connection.alternate === null;
  return generation === connection.generation && (version === connection.version || isRival);
}

function isHeld(state: ProtocolState, token: Token): boolean {
  const isInHand = ({ successor, beside }: Worker) => successor === token || beside?.successor === token;
  return isStored(state, token) || state.workers.some(isInHand);
}

/** The user is connected, the provider may even know a good token, and no process and no store of ours holds one. */
function isLost(state: ProtocolState): boolean {
  const grant = state.grants[state.connection.grant];
  if (!isLive(state.connection) || grant === undefined) return false;
  return !grant.live.some((token) => isHeld(state, token));
}

/** Called revoked while the provider accepts a token we hold. */
export function isFalselyCalledRevoked(state: ProtocolState): boolean {
  if (state.connection.state !== 'needs-reauthorization') return false;
  const live = state.grants[state.connection.grant]?.live ?? [];
  return live.some((token) => isHeld(state, token));
}

/** Lost, although no answer was lost on its way and no process died between receiving and storing it. */
export function isLostOutsideWindow(state: ProtocolState): boolean {
  return isLost(state) && state.grants[state.connection.grant]?.endedInWindow !== true;
}

/** The token is with nobody from here on: its answer was lost, or the only process that had it died. */
export function dropInWindow(state: ProtocolState, token: Token): ProtocolState {
  const at = grantOf(token);
  const grant = state.grants[at];
  if (grant === undefined || isStored(state, token)) return state;
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
