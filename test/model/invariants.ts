import { isFalselyCalledRevoked, isLostOutsideWindow } from './held-tokens.ts';
import { grantOf, isLive, type ProtocolState } from './protocol-state.ts';

/** A weakened design must be caught with harm: a loss, a mix of users, a false verdict. `rule` is any other invariant of design §5. */
export interface Violation {
  readonly kind: 'loss' | 'cross-user' | 'false-verdict' | 'rule';
  readonly what: string;
}

export function violationIn(before: ProtocolState, after: ProtocolState): Violation | undefined {
  if (isLostOutsideWindow(after)) return { kind: 'loss', what: 'I2 a grant is lost outside the window' };
  if (isFalselyCalledRevoked(after))
    return { kind: 'false-verdict', what: 'I5 a good grant is called revoked' };
  return crossUser(after) ?? rule(before, after);
}

/** I7, I9: nothing of another consent is stored as this one's, or can be read as this one's. */
function crossUser(state: ProtocolState): Violation | undefined {
  const { connection, access } = state;
  const foreign = [connection.refresh, connection.previous, connection.alternate].some(
    (token) => token !== null && grantOf(token) !== connection.grant,
  );
  if (foreign) return { kind: 'cross-user', what: 'I9 a token of another consent is stored' };
  const ending = state.tombstoneDue > 0 || state.consents.some(({ step }) => step === 'written');
  if (access.kind !== 'token' || ending) return undefined;
  const present = isLive(connection) && access.grant === connection.grant;
  return present
    ? undefined
    : { kind: 'cross-user', what: 'I7 a reader is given the token of another consent' };
}

function rule(before: ProtocolState, after: ProtocolState): Violation | undefined {
  const broken = RULES.find(([, holds]) => !holds(before, after));
  return broken && { kind: 'rule', what: broken[0] };
}

type Rule = readonly [what: string, holds: (before: ProtocolState, after: ProtocolState) => boolean];

const RULES: readonly Rule[] = [
  ['I1 two live redeemers of one version', (_, after) => hasOneRedeemer(after)],
  ['I3 a version or generation went back', ({ connection: a }, { connection: b }) => isForward(a, b)],
  ['I5 called revoked without evidence', (_, after) => isJustVerdict(after)],
  ['I9 a published token went back', ({ access: a }, { access: b }) => isForward(a, b)],
];

interface Numbered {
  readonly generation: number;
  readonly version: number;
}

function isForward(a: Numbered, b: Numbered): boolean {
  return b.generation > a.generation || (b.generation === a.generation && b.version >= a.version);
}

/** Zombies are exempt: they outlived the hard kill that ends every holder before its lease. */
function hasOneRedeemer({ workers }: ProtocolState): boolean {
  const redeeming = workers
    .filter(({ phase, zombie }) => !zombie && REDEEMING.includes(phase))
    .map(({ generation, version }) => `${generation}.${version}`);
  return new Set(redeeming).size === redeeming.length;
}

const REDEEMING: readonly string[] = ['claimed', 'posted', 'answered', 'silent'];

function isJustVerdict({ connection }: ProtocolState): boolean {
  return connection.state !== 'needs-reauthorization' || connection.refusals >= 2;
}
