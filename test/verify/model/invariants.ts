import { isFalselyCalledRevoked, isLostOutsideWindow } from './held-tokens.ts';
import { grantOf, isLive, type ProtocolState, type Token } from './protocol-state.ts';

/** A weakened design must be caught with harm: a loss, a mix of users, a false decision. `rule` is any other invariant of design §5. */
export interface Violation {
  readonly kind: 'loss' | 'cross-user' | 'false-verdict' | 'rule';
  readonly what: string;
}

/** What this step broke; that a reader now would be misled counts at once. */
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
    return { kind: 'false-verdict', what: 'I5 a good grant is called revoked' };
  if (holdsForeignToken(after))
    return { kind: 'cross-user', what: 'I9 a token of another consent is stored' };
  return brokenRule(before, after);
}

function holdsForeignToken({ connection }: ProtocolState): boolean {
  const isForeign = (token: Token | null) => token !== null && grantOf(token) !== connection.grant;
  return isForeign(connection.refresh) || isForeign(connection.previous) || isForeign(connection.alternate);
}

/**
 * I7: what is in the cache may be handed out: it is of the present consent, or of one that is just being ended by a
 * disconnect or redeem which nobody has been answered yet.
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
  if (!hasOneRedeemer(after)) return rule('I1 two live redeemers of one version');
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

/** Zombies are exempt: they outlived the hard kill that ends every holder before its lease. */
function hasOneRedeemer({ workers }: ProtocolState): boolean {
  const redeeming = workers.filter(
    ({ phase, beside, zombie }) => !zombie && (REDEEMING.has(phase) || beside !== null),
  );
  return redeeming.every(({ generation, version }, at) =>
    redeeming.slice(at + 1).every((other) => other.generation !== generation || other.version !== version),
  );
}

const REDEEMING: ReadonlySet<string> = new Set(['claimed', 'posted', 'answered', 'silent']);
