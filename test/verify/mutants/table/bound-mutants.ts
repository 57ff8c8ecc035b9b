import type { Mutant } from '../mutant.ts';
import { testFile } from './proofs.ts';

const REPAIRS = 'functions/core/rotation/repair-moments.ts';
const LIFETIME = 'functions/core/connection/lifetime.ts';

const lifetimes = testFile('test/unit/time/lifetime.test.ts');
const farEnds = testFile('test/unit/rotation/far-ends.test.ts');
const dueIndex = testFile('test/unit/time/due.test.ts');
const forged = testFile('test/unit/rotation/forged-moments.test.ts');
const reconciler = testFile('test/unit/reconcile/reconcile.test.ts');
const imports = testFile('test/unit/import/importing-tokens.test.ts');

/** Values from outside, which may narrow and never widen. */
export const BOUND_MUTANTS: readonly Mutant[] = [
  {
    safeguard: 'readable end: a far one is believed as 14 days, not as a misreading',
    edits: [{ file: LIFETIME, find: ' && end <= latestMs + SAME_MOMENT_MS;', replace: ';' }],
    proof: lifetimes,
    says: 'says as little as none, of the end and of sliding',
  },
  {
    safeguard: 'readable end: a far one is believed',
    inShortRun: true,
    edits: [
      { file: LIFETIME, find: ' && end <= latestMs + SAME_MOMENT_MS;', replace: ';' },
      { file: LIFETIME, find: 'Math.min(believedMs, latestMs)', replace: 'believedMs' },
    ],
    proof: farEnds,
    says: 'costs no grant, stated once or forever: 60 days',
  },
  {
    safeguard: 'readable end: whatever age a row says was seen is believed',
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
    safeguard: 'readable end: the age of a fallback token counts as that of the present one',
    edits: [
      {
        file: 'functions/core/rotation/successor.ts',
        find: 'if (posted.version !== connection.version || posted.generation !== connection.generation) return {};',
        replace: '',
      },
    ],
    proof: farEnds,
    says: 'proves nothing by the age of a token that was tried as a last resort',
  },
  {
    safeguard: 'readable end: a misreading undoes what readable ends have shown',
    edits: [{ file: LIFETIME, find: 'answer.newToken && !isKnownToEnd', replace: 'answer.newToken' }],
    proof: lifetimes,
    says: 'does not undo what readable ends have shown',
  },
  {
    safeguard: 'readable end: what an envelope claims is believed',
    edits: [{ file: LIFETIME, find: 'Math.min(claimedMs, longestMs, assumedMs)', replace: 'claimedMs' }],
    proof: lifetimes,
    says: 'claimed by a parked envelope puts nothing off',
  },
  {
    safeguard: 'readable end: what an import states is believed',
    edits: [
      {
        file: 'functions/core/import/decide-import.ts',
        find: 'ahead.filter((end) => end <= nowMs + ASSUMED_REFRESH_LIFE_MS)',
        replace: 'ahead',
      },
    ],
    proof: imports,
    says: 'no end later than 14 days is believed of a line or a token',
  },
  {
    safeguard: 'moments of a row: a back-off until the end of the century is heeded',
    inShortRun: true,
    edits: [
      {
        file: REPAIRS,
        find: '...(isBeyond(connection.nextAttemptAtMs, LONGEST_WAIT_MS) && { nextAttemptAtMs: null }),',
        replace: '',
      },
    ],
    proof: forged,
    says: 'does not stop the rotations, once anything looks at the row: a back-off',
  },
  {
    safeguard: 'moments of a row: an end and a due moment in a century are believed',
    edits: [
      { file: REPAIRS, find: 'isDueBeyond && canRotate(connection)', replace: 'isDueBeyond && nowMs < 0' },
    ],
    proof: forged,
    says: 'does not stop the rotations, once anything looks at the row: a due moment',
  },
  {
    safeguard: 'moments of a row: a lease until the end of the century is heeded',
    edits: [
      {
        file: REPAIRS,
        find: 'isBeyond(lease.untilMs, LEASE_MS + LEASE_MARGIN_MS)',
        replace: 'nowMs < 0',
      },
    ],
    proof: forged,
    says: 'does not stop the rotations, once anything looks at the row: a lease',
  },
  {
    safeguard: 'moments of a row: a lease that is too long is taken from a holder who may be alive',
    edits: [{ file: REPAIRS, find: 'untilMs: nowMs + LEASE_MS', replace: 'untilMs: nowMs - LEASE_MS' }],
    proof: forged,
    says: 'such as a lease is given the time that a living holder may need',
  },
  {
    safeguard: 'moments of a row: a process whose clock is wrong repairs them',
    edits: [
      { file: REPAIRS, find: 'clock.nowMs() - (connections.clockSkewMs() ?? 0)', replace: 'clock.nowMs()' },
    ],
    proof: forged,
    says: 'is not seen by a process whose own clock is wrong',
  },
  {
    safeguard: 'moments of a row: what is derived from a forged breaker is stored',
    edits: [
      {
        file: 'functions/core/connection/next-due.ts',
        find: 'const changes = withBoundedMoments(before, unbounded, nowMs);',
        replace: 'const changes = nowMs < 0 ? withBoundedMoments(before, unbounded, nowMs) : unbounded;',
      },
    ],
    proof: dueIndex,
    says: 'is never put off by more than a day',
  },
  {
    safeguard: 'moments of a row: a due time after the end of life is never found',
    inShortRun: true,
    edits: [
      {
        file: 'functions/core/reconcile/census.ts',
        find: 'if (astray.length < mostAstray && isAstray(due, nowMs)) astray.push(due);',
        replace: '',
      },
    ],
    proof: reconciler,
    says: 'are found by the reconciler within six hours, and the grant lives on',
  },
  {
    safeguard: 'moments of a row: the index is believed, not the connection',
    edits: [
      {
        file: 'functions/core/reconcile/reschedule.ts',
        find: 'dueAtMs === undefined || !isAfter(connection.dueAtMs, dueAtMs)',
        replace: 'dueAtMs === undefined',
      },
    ],
    proof: reconciler,
    says: 'are right where a back-off reaches beyond the end',
  },
];
