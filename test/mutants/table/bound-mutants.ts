import type { Mutant } from '../mutant.ts';
import { testFile } from './proofs.ts';

const LIFETIME = 'functions/core/domain/lifetime.ts';

const lifetimes = testFile('test/unit/time/lifetime.test.ts');
const farEnds = testFile('test/unit/rotation/far-ends.test.ts');
const imports = testFile('test/unit/import/importing-tokens.test.ts');

/** Values from outside, which may narrow and never widen. */
export const BOUND_MUTANTS: readonly Mutant[] = [
  {
    guard: 'readable end: a far one is believed as 14 days, not as a misreading',
    edits: [{ file: LIFETIME, find: ' && end <= latestMs + SAME_MOMENT_MS;', replace: ';' }],
    proof: lifetimes,
    says: 'says as little as none, of the end and of sliding',
  },
  {
    guard: 'readable end: a far one is believed',
    inShortRun: true,
    edits: [
      { file: LIFETIME, find: ' && end <= latestMs + SAME_MOMENT_MS;', replace: ';' },
      { file: LIFETIME, find: 'Math.min(believedMs, latestMs)', replace: 'believedMs' },
    ],
    proof: farEnds,
    says: 'costs no grant, stated once or for ever: 60 days',
  },
  {
    guard: 'readable end: whatever age a row says was seen is believed',
    edits: [
      {
        file: LIFETIME,
        find: 'return Math.min(Math.max(ASSUMED_REFRESH_LIFE_MS, longestTokenAgeMs), LONGEST_BELIEVED_LIFE_MS);',
        replace: 'return Math.max(ASSUMED_REFRESH_LIFE_MS, longestTokenAgeMs);',
      },
    ],
    proof: lifetimes,
    says: 'is never believed so far that the next rotation would come after 14 days',
  },
  {
    guard: 'readable end: the age of a fallback token counts as that of the present one',
    edits: [
      {
        file: 'functions/core/application/rotation/successor.ts',
        find: 'if (posted.version !== connection.version || posted.generation !== connection.generation) return {};',
        replace: '',
      },
    ],
    proof: farEnds,
    says: 'proves nothing by the age of a token that was tried as a last resort',
  },
  {
    guard: 'readable end: a misreading undoes what readable ends have shown',
    edits: [{ file: LIFETIME, find: 'answer.newToken && !isKnownToEnd', replace: 'answer.newToken' }],
    proof: lifetimes,
    says: 'does not undo what readable ends have shown',
  },
  {
    guard: 'readable end: what an envelope claims is believed',
    edits: [{ file: LIFETIME, find: 'Math.min(claimedMs, longestMs, assumedMs)', replace: 'claimedMs' }],
    proof: lifetimes,
    says: 'claimed by a parked envelope puts nothing off',
  },
  {
    guard: 'readable end: what an import states is believed',
    edits: [
      {
        file: 'functions/core/application/import/judge-import.ts',
        find: 'ahead.filter((end) => end <= nowMs + ASSUMED_REFRESH_LIFE_MS)',
        replace: 'ahead',
      },
    ],
    proof: imports,
    says: 'no end later than 14 days is believed of a line or a token',
  },
];
