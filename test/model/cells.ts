import type { Design } from './design.ts';
import { type Budget, type Mode, NO_FAULTS } from './protocol-state.ts';
import type { Cell } from './search.ts';

const MODES: readonly Mode[] = ['reuse', 'grace', 'strict', 'family'];

interface Fault {
  readonly name: string;
  readonly workers: number;
  readonly budget: Partial<Budget>;
}

const FAULTS: readonly Fault[] = [
  { name: 'crowd', workers: 3, budget: { requests: 4 } },
  {
    name: 'crash and lost answer',
    workers: 3,
    budget: { requests: 4, crashes: 1, lostAnswers: 1, graceEnds: 1 },
  },
  { name: 'slow answer', workers: 3, budget: { requests: 4, slowAnswers: 1, lostAnswers: 1 } },
  { name: 'parking', workers: 3, budget: { requests: 4, refusedCommits: 2, ambiguousCommits: 1 } },
  { name: 'parking and crash', workers: 3, budget: { requests: 3, refusedCommits: 2, crashes: 1 } },
  { name: 'forgotten successor', workers: 2, budget: { requests: 6, stillborn: 1 } },
  { name: 'zombie', workers: 3, budget: { requests: 3, zombies: 1, refusedCommits: 1 } },
  {
    name: 'disconnect, then another user',
    workers: 3,
    budget: { requests: 3, disconnects: 1, consentsByBob: 1 },
  },
  { name: 'consents out of order', workers: 2, budget: { consentsByAnn: 1, consentsByBob: 1 } },
  {
    name: 'parking among people',
    workers: 3,
    budget: { refusedCommits: 2, crashes: 1, disconnects: 1, consentsByBob: 1 },
  },
  {
    name: 'all about people',
    workers: 2,
    budget: {
      requests: 1,
      ambiguousCommits: 1,
      disconnects: 1,
      consentsByAnn: 1,
      consentsByBob: 1,
      refusedCommits: 1,
    },
  },
];

export const CELLS: readonly Cell[] = FAULTS.flatMap((fault) => MODES.map((mode) => cellOf(fault, mode)));

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
  readonly guard: keyof Design;
  readonly cell: Cell;
}

/** Each guard, and a corner in which its absence loses a grant or mixes two users. */
export const WEAKENINGS: readonly Weakening[] = [
  { name: 'no lease', guard: 'lease', cell: cellNamed('crowd', 'family') },
  { name: 'no version condition', guard: 'versionCondition', cell: cellNamed('parking', 'strict') },
  {
    name: 'no generation condition',
    guard: 'generationCondition',
    cell: cellNamed('disconnect, then another user', 'strict'),
  },
  { name: 'commit fenced by the lease', guard: 'commitWithoutLease', cell: cellNamed('zombie', 'strict') },
  { name: 'abort at 8 s', guard: 'listensToSlowAnswers', cell: cellNamed('slow answer', 'strict') },
  { name: 'no previous token', guard: 'keepsPrevious', cell: cellNamed('forgotten successor', 'reuse') },
  { name: 'no parking', guard: 'parks', cell: cellNamed('parking', 'strict') },
  { name: 'parking by a one-time schedule', guard: 'parkingRecurs', cell: cellNamed('parking', 'strict') },
  { name: 'post before adoption', guard: 'adoptsBeforePosting', cell: cellNamed('parking', 'family') },
  {
    name: 'unconditional publish',
    guard: 'conditionalPublish',
    cell: cellNamed('disconnect, then another user', 'strict'),
  },
  { name: 'revoke when unstorable', guard: 'keepsUnstorable', cell: cellNamed('zombie', 'reuse') },
  {
    name: 'counters restart after a disconnect',
    guard: 'generationsNeverReused',
    cell: cellNamed('disconnect, then another user', 'strict'),
  },
  { name: 'one refusal is enough', guard: 'gathersEvidence', cell: cellNamed('zombie', 'strict') },
  {
    name: 'redeem over anything',
    guard: 'consentsInOrder',
    cell: cellNamed('consents out of order', 'strict'),
  },
];

function cellOf({ name, workers, budget }: Fault, mode: Mode): Cell {
  return { name: `${mode}: ${name}`, mode, workers, budget: { ...NO_FAULTS, ...budget } };
}
