import { PROVIDER_MODES } from '../../../local/ims/refresh-token-rules.ts';
import { type Design, REAL_DESIGN, without } from './design.ts';
import type { Violation } from './invariants.ts';
import { type Budget, type Mode, NO_FAULTS, type RevocationScope } from './protocol-state.ts';
import { type Cell, type Explored, explore } from './search.ts';

interface Fault {
  readonly name: string;
  readonly budget: Partial<Budget>;
  readonly scope?: RevocationScope;
}

/** At least, in every cell. */
const WORKERS = 3;
const REQUESTS = 4;

const FAULTS: readonly Fault[] = [
  { name: 'crowd', budget: {} },
  { name: 'crash and lost answer', budget: { crashes: 2, lostAnswers: 2, graceEnds: 1 } },
  { name: 'slow answer', budget: { slowAnswers: 2, lostAnswers: 2 } },
  { name: 'late answer', budget: { lateAnswers: 2, lostAnswers: 1, graceEnds: 1 } },
  { name: 'late answer, crash and parking', budget: { lateAnswers: 1, crashes: 1, refusedCommits: 1 } },
  { name: 'late answer and disconnect', budget: { lateAnswers: 1, disconnects: 1 } },
  { name: 'late answer, then another user', budget: { lateAnswers: 1, consentsByBob: 1 } },
  { name: 'parking', budget: { refusedCommits: 3, ambiguousCommits: 2 } },
  { name: 'parking and crash', budget: { refusedCommits: 2, crashes: 2, lostAnswers: 1, graceEnds: 1 } },
  { name: 'forgotten successor', budget: { requests: 6, stillborn: 1, lostAnswers: 1 } },
  { name: 'zombie', budget: { zombies: 1, refusedCommits: 1, graceEnds: 1 } },
  {
    name: 'disconnect, then another user',
    budget: { disconnects: 1, consentsByBob: 1, repeatedRedeems: 1 },
  },
  { name: 'consents out of order', budget: { consentsByAnn: 1, consentsByBob: 1 } },
  { name: 'parking among users', budget: { refusedCommits: 1, disconnects: 1, consentsByBob: 1 } },
  { name: 'crash among users', budget: { crashes: 1, disconnects: 1, consentsByBob: 1 } },
  { name: 're-consent while parking', budget: { consentsByAnn: 1, refusedCommits: 1, ambiguousCommits: 1 } },
  {
    name: 'second connection of one user',
    budget: { disconnects: 1, consentsByAnn: 1, neighbours: 1 },
    scope: { ends: 'user', setting: 'unknown' },
  },
  {
    name: 'tokens known to be revoked alone',
    budget: { disconnects: 1, consentsByAnn: 1, neighbours: 1 },
    scope: { ends: 'grant', setting: 'token' },
  },
];

/** Kinds of fault; each makes one cell for every provider mode. */
export const KINDS: readonly string[] = FAULTS.map(({ name }) => name);

export const CELLS: readonly Cell[] = FAULTS.flatMap((fault) =>
  PROVIDER_MODES.map((mode) => cellOf(fault, mode)),
);

export function cellNamed(name: string, mode: Mode): Cell {
  const cell = CELLS.find((one) => one.mode === mode && one.name === `${mode}: ${name}`);
  if (cell === undefined) throw new Error(`There is no cell ${mode}: ${name}.`);
  return cell;
}

/** Posting a used token ends a family, and a process that outlives its kill may post one. The vault cannot prevent that. */
export function isHonestRemainder({ mode, budget }: Cell): boolean {
  return mode === 'family' && budget.zombies > 0;
}

export interface Weakening {
  readonly name: string;
  readonly safeguard: keyof Design;
  readonly cell: Cell;
}

/** Each safeguard, and a cell in which its absence loses a grant or mixes two users. */
export const WEAKENINGS: readonly Weakening[] = [
  { name: 'no lease', safeguard: 'lease', cell: cellNamed('crowd', 'family') },
  { name: 'no version condition', safeguard: 'versionCondition', cell: cellNamed('parking', 'strict') },
  {
    name: 'no generation condition',
    safeguard: 'generationCondition',
    cell: cellNamed('disconnect, then another user', 'strict'),
  },
  {
    name: 'commit fenced by the lease',
    safeguard: 'commitWithoutLease',
    cell: cellNamed('zombie', 'strict'),
  },
  { name: 'abort at 8 s', safeguard: 'waitsForSlowAnswers', cell: cellNamed('slow answer', 'strict') },
  {
    name: 'the second post’s refusal beats the first’s late tokens',
    safeguard: 'tokensBeatRefusals',
    cell: cellNamed('late answer', 'strict'),
  },
  {
    name: 'the second of two successors is dropped',
    safeguard: 'keepsBothSuccessors',
    cell: cellNamed('late answer', 'grace'),
  },
  { name: 'no previous token', safeguard: 'keepsPrevious', cell: cellNamed('forgotten successor', 'reuse') },
  { name: 'no parking', safeguard: 'parks', cell: cellNamed('parking', 'strict') },
  {
    name: 'parking by a one-time schedule',
    safeguard: 'parkingRecurs',
    cell: cellNamed('parking', 'strict'),
  },
  {
    name: 'a lease that ran out is taken over for a revocation',
    safeguard: 'sparesUncleanLease',
    cell: cellNamed('parking', 'family'),
  },
  { name: 'post before recovery', safeguard: 'recoversBeforePosting', cell: cellNamed('parking', 'family') },
  {
    name: 'unconditional publish',
    safeguard: 'conditionalPublish',
    cell: cellNamed('disconnect, then another user', 'strict'),
  },
  { name: 'revoke when unstorable', safeguard: 'keepsUnstorable', cell: cellNamed('zombie', 'reuse') },
  {
    name: 'counters restart after a disconnect',
    safeguard: 'generationsNeverReused',
    cell: cellNamed('disconnect, then another user', 'strict'),
  },
  { name: 'one refusal is enough', safeguard: 'gathersEvidence', cell: cellNamed('zombie', 'strict') },
  {
    name: 'revoke although the user has another live connection',
    safeguard: 'sparesSameUser',
    cell: cellNamed('second connection of one user', 'strict'),
  },
  {
    name: 'revoke while a consent is under way',
    safeguard: 'waitsForConsents',
    cell: cellNamed('second connection of one user', 'strict'),
  },
  {
    name: 'redeem over anything',
    safeguard: 'consentsInOrder',
    cell: cellNamed('consents out of order', 'strict'),
  },
];

function cellOf({ name, budget, scope }: Fault, mode: Mode): Cell {
  const { graceEnds = 0 } = budget;
  return {
    name: `${mode}: ${name}`,
    kind: name,
    mode,
    workers: WORKERS,
    budget: { ...NO_FAULTS, requests: REQUESTS, ...budget, graceEnds: mode === 'grace' ? graceEnds : 0 },
    ...(scope && { scope }),
  };
}

export type CellResult = Explored & { readonly decision: 'holds' | 'honest remainder' | 'VIOLATED' };
export type WeakeningResult = Explored & { readonly decision: 'caught' | 'NOT CAUGHT' };

/** The real design may break no rule. In the one cell that it cannot defend it must lose, or the cell proves nothing. */
export function checkCell(cell: Cell): CellResult {
  if (!isHonestRemainder(cell)) {
    const explored = explore(cell, REAL_DESIGN);
    return { ...explored, decision: explored.found ? 'VIOLATED' : 'holds' };
  }
  // Every interleaving, so that the trace is the shortest.
  const explored = explore(cell, REAL_DESIGN, { reduced: false });
  return { ...explored, decision: explored.found?.kind === 'loss' ? 'honest remainder' : 'VIOLATED' };
}

/** A weakened design counts as caught when it loses a grant, crosses users, or calls a living grant revoked. */
export function checkWeakening({ cell, safeguard }: Weakening): WeakeningResult {
  const explored = explore(cell, without(safeguard), { counts: harms });
  return { ...explored, decision: explored.found ? 'caught' : 'NOT CAUGHT' };
}

function harms({ kind }: Violation): boolean {
  return kind !== 'rule';
}
