import { PROVIDER_MODES } from '../../../local/ims/refresh-token-rules.ts';
import type { Design } from './design.ts';
import { type Budget, type Mode, NO_FAULTS, type RevocationScope } from './protocol-state.ts';
import type { Cell } from './search.ts';

interface Fault {
  readonly name: string;
  readonly budget: Partial<Budget>;
  readonly scope?: RevocationScope;
}

/** Of every cell, at least. */
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
  { name: 'parking among people', budget: { refusedCommits: 1, disconnects: 1, consentsByBob: 1 } },
  { name: 'crash among people', budget: { crashes: 1, disconnects: 1, consentsByBob: 1 } },
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

/** Replaying a spent token ends a family; a process that outlives its kill may replay it. Nothing of ours can prevent that. */
export function isHonestRemainder({ mode, budget }: Cell): boolean {
  return mode === 'family' && budget.zombies > 0;
}

export interface Weakening {
  readonly name: string;
  readonly reconcile: keyof Design;
  readonly cell: Cell;
}

/** Each reconciler, and a corner in which its absence loses a grant or mixes two users. */
export const WEAKENINGS: readonly Weakening[] = [
  { name: 'no lease', reconcile: 'lease', cell: cellNamed('crowd', 'family') },
  { name: 'no version condition', reconcile: 'versionCondition', cell: cellNamed('parking', 'strict') },
  {
    name: 'no generation condition',
    reconcile: 'generationCondition',
    cell: cellNamed('disconnect, then another user', 'strict'),
  },
  {
    name: 'commit fenced by the lease',
    reconcile: 'commitWithoutLease',
    cell: cellNamed('zombie', 'strict'),
  },
  { name: 'abort at 8 s', reconcile: 'listensToSlowAnswers', cell: cellNamed('slow answer', 'strict') },
  {
    name: 'the second post’s refusal beats the first’s late tokens',
    reconcile: 'tokensBeatRefusals',
    cell: cellNamed('late answer', 'strict'),
  },
  {
    name: 'the second of two successors is dropped',
    reconcile: 'keepsBothSuccessors',
    cell: cellNamed('late answer', 'grace'),
  },
  { name: 'no previous token', reconcile: 'keepsPrevious', cell: cellNamed('forgotten successor', 'reuse') },
  { name: 'no parking', reconcile: 'parks', cell: cellNamed('parking', 'strict') },
  {
    name: 'parking by a one-time schedule',
    reconcile: 'parkingRecurs',
    cell: cellNamed('parking', 'strict'),
  },
  {
    name: 'a lease that ran out is taken over for an errand',
    reconcile: 'sparesUncleanLease',
    cell: cellNamed('parking', 'family'),
  },
  { name: 'post before recovery', reconcile: 'recoversBeforePosting', cell: cellNamed('parking', 'family') },
  {
    name: 'unconditional publish',
    reconcile: 'conditionalPublish',
    cell: cellNamed('disconnect, then another user', 'strict'),
  },
  { name: 'revoke when unstorable', reconcile: 'keepsUnstorable', cell: cellNamed('zombie', 'reuse') },
  {
    name: 'counters restart after a disconnect',
    reconcile: 'generationsNeverReused',
    cell: cellNamed('disconnect, then another user', 'strict'),
  },
  { name: 'one refusal is enough', reconcile: 'gathersEvidence', cell: cellNamed('zombie', 'strict') },
  {
    name: 'revoke whatever the user has elsewhere',
    reconcile: 'sparesSameUser',
    cell: cellNamed('second connection of one user', 'strict'),
  },
  {
    name: 'revoke while a consent is under way',
    reconcile: 'waitsForConsents',
    cell: cellNamed('second connection of one user', 'strict'),
  },
  {
    name: 'redeem over anything',
    reconcile: 'consentsInOrder',
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
