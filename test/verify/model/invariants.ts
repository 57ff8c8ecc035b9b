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

/** A weakened design must be caught by harm: a loss, a mix of users, a false decision. `rule` is any other invariant of docs/rotation.md. */
export interface Violation {
  readonly kind: 'loss' | 'cross-user' | 'false-decision' | 'rule';
  readonly what: string;
}

/** What this step broke. A cache that would mislead a reader counts at once. */
export function violationIn(before: ProtocolState, after: ProtocolState): Violation | undefined {
  return violationByStep(before, after) ?? (isFitToRead(after) ? undefined : MISREAD);
}

const MISREAD: Violation = { kind: 'cross-user', what: 'I7 a reader is given the token of another consent' };

/** The same, where readers are steps of their own. */
export function violationByStep(before: ProtocolState, after: ProtocolState): Violation | undefined {
  if (isLostOutsideWindow(after)) return { kind: 'loss', what: 'I2 a grant is lost outside the window' };
  if (after.neighbour === 'lost') {
    return { kind: 'loss', what: 'I2 another connection of the same user loses its grant' };
  }
  if (isFalselyCalledRevoked(after))
    return { kind: 'false-decision', what: 'I5 a good grant is called revoked' };
  if (holdsForeignToken(after))
    return { kind: 'cross-user', what: 'I9 a token of another consent is stored' };
  return brokenRule(before, after);
}

function holdsForeignToken({ connection }: ProtocolState): boolean {
  const isForeign = (token: Token | null) => token !== null && grantOf(token) !== connection.grant;
  return isForeign(connection.refresh) || isForeign(connection.previous) || isForeign(connection.alternate);
}

/**
 * I7: the cached token may be returned. It is of the present consent, or of one that a disconnect or a new consent is ending,
 * which has not been answered yet.
 */
export function isFitToRead({ access, connection, settled }: ProtocolState): boolean {
  if (access.kind !== 'token') return true;
  if (access.generation < settled || access.generation > connection.generation) return false;
  if (access.generation < connection.generation) return true;
  return isLive(connection) && access.grant === connection.grant;
}

function brokenRule(
  { connection: a, access: c }: ProtocolState,
  after: ProtocolState,
): Violation | undefined {
  const { connection: b, access: d } = after;
  if (!hasOnePoster(after)) return rule('I1 two live runs post one version');
  if (a !== b && !isForward(a, b)) return rule('I3 a version or generation went back');
  if (b.state === 'needs-reauthorization' && b.refusals < 2)
    return rule('I5 called revoked without evidence');
  if (a.state === 'needs-reauthorization' && b.state === 'suspect')
    return rule('I5 a decision is taken back');
  if (c !== d && !isForward(c, d)) return rule('I9 a published token went back');
  return undefined;
}

function rule(what: string): Violation {
  return { kind: 'rule', what };
}

interface Numbered {
  readonly generation: number;
  readonly version: number;
}

function isForward(a: Numbered, b: Numbered): boolean {
  return b.generation > a.generation || (b.generation === a.generation && b.version >= a.version);
}

/** Zombies are exempt: they outlived the hard kill that ends every holder before its lease ends. */
function hasOnePoster({ workers }: ProtocolState): boolean {
  const posting = workers.filter(
    ({ phase, openPost, zombie }) => !zombie && (POSTING.has(phase) || openPost !== null),
  );
  return posting.every(({ generation, version }, at) =>
    posting.slice(at + 1).every((other) => other.generation !== generation || other.version !== version),
  );
}

const POSTING: ReadonlySet<string> = new Set(['claimed', 'posted', 'answered', 'unanswered']);

/** There is a durable copy that still counts for the present consent. */
function isStored({ connection, parked }: ProtocolState, token: Token): boolean {
  const { refresh, previous, alternate } = connection;
  if (token === refresh || token === previous || token === alternate) return true;
  return parked.some((one) => one.successor === token && willBeKept(connection, one));
}

/** Recovered when its schedule fires. If another successor of the same token was committed meanwhile, kept next to it. */
function willBeKept(connection: ModelConnection, { generation, version }: Parked): boolean {
  const isRival = version + 1 === connection.version && connection.alternate === null;
  return generation === connection.generation && (version === connection.version || isRival);
}

function isHeld(state: ProtocolState, token: Token): boolean {
  const isInHand = ({ successor, openPost }: Worker) => successor === token || openPost?.successor === token;
  return isStored(state, token) || state.workers.some(isInHand);
}

/** The user is connected, and no process and no store of ours holds a token that the provider accepts. */
function isLost(state: ProtocolState): boolean {
  const grant = state.grants[state.connection.grant];
  if (!isLive(state.connection) || grant === undefined) return false;
  return !grant.live.some((token) => isHeld(state, token));
}

/** Called revoked while the provider accepts a token we hold. */
function isFalselyCalledRevoked(state: ProtocolState): boolean {
  if (state.connection.state !== 'needs-reauthorization') return false;
  const live = state.grants[state.connection.grant]?.live ?? [];
  return live.some((token) => isHeld(state, token));
}

/** Lost, although no answer was lost on its way and no process crashed between receiving and storing it. */
function isLostOutsideWindow(state: ProtocolState): boolean {
  return isLost(state) && state.grants[state.connection.grant]?.endedInWindow !== true;
}

/** No process holds the token from here on: its answer was lost, or the only process that had it crashed. */
export function dropInWindow(state: ProtocolState, token: Token): ProtocolState {
  const at = grantOf(token);
  const grant = state.grants[at];
  if (grant === undefined || isStored(state, token)) return state;
  return withGrant(state, at, { lostInWindow: [...grant.lostInWindow, token].sort() });
}

/** Once every token the provider accepts was lost in the window, the grant ended there. */
export function noteWindowLosses(state: ProtocolState): ProtocolState {
  const at = state.connection.grant;
  const grant = state.grants[at];
  if (grant === undefined || grant.endedInWindow || grant.lostInWindow.length === 0) return state;
  const allInWindow = grant.live.length > 0 && grant.live.every((one) => grant.lostInWindow.includes(one));
  return allInWindow && isLost(state) ? withGrant(state, at, { endedInWindow: true }) : state;
}
