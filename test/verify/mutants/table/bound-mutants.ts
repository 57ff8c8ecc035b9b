import { drop, never, replace } from '../changes.ts';
import type { Mutant } from '../mutant.ts';
import { testFile } from './proofs.ts';

const lifetimes = testFile('test/unit/time/lifetime.test.ts');
const farEnds = testFile('test/unit/rotation/far-ends.test.ts');
const dueTimes = testFile('test/unit/time/due.test.ts');
const forged = testFile('test/unit/rotation/forged-moments.test.ts');
const reconciler = testFile('test/unit/reconcile/reconcile.test.ts');
const imports = testFile('test/unit/import/importing-tokens.test.ts');

/** Values from outside, which may narrow and never widen. */
export const BOUND_MUTANTS: readonly Mutant[] = [
  {
    safeguard: 'readable end: a far one counts as 14 days, not as a misreading',
    changes: [drop('lifetime#readHints', 'end <= latestMs')],
    noticedBy: [lifetimes('says as little as none, of the end and of sliding')],
  },
  {
    safeguard: 'readable end: a far one is believed',
    inShortRun: true,
    changes: [drop('lifetime#readHints', 'end <= latestMs'), drop('lifetime#readHints', 'latestMs), isPast')],
    noticedBy: [farEnds('costs no grant, stated once or forever: 60 days')],
  },
  {
    safeguard: 'readable end: any token age that a stored item states is believed',
    changes: [drop('believedLifeMs', 'LONGEST_BELIEVED_LIFE_MS')],
    noticedBy: [lifetimes('is never believed so far that the next rotation would come after 14 days')],
  },
  {
    safeguard: 'readable end: the age of a fallback token counts as that of the present one',
    changes: [never('provenBy', 'posted.version')],
    noticedBy: [farEnds('proves nothing by the age of a token that was tried as a last resort')],
  },
  {
    safeguard: 'readable end: a misreading undoes what readable ends have shown',
    changes: [drop('nextRefreshLife', '!isKnownToEnd')],
    noticedBy: [lifetimes('does not undo what readable ends have shown')],
  },
  {
    safeguard: 'readable end: what an envelope claims is believed',
    changes: [replace('claimedRefreshLife', 'Math.min(claimedMs, longestMs, assumedMs)', 'claimedMs')],
    noticedBy: [lifetimes('claimed by a parked envelope puts nothing off')],
  },
  {
    safeguard: 'readable end: what an import states is believed',
    changes: [replace('decideImport', 'end <= nowMs + ASSUMED_REFRESH_LIFE_MS', 'true')],
    noticedBy: [imports('no end later than 14 days is believed of a line or a token')],
  },
  {
    safeguard: 'stored moments: a back-off until the end of the century is respected',
    inShortRun: true,
    changes: [drop('repairsOf', '...(isBeyond(connection.nextAttemptAtMs')],
    noticedBy: [forged('does not stop the rotations, once anything looks at the row: a back-off')],
  },
  {
    safeguard: 'stored moments: an end and a due moment in a century are believed',
    changes: [drop('endRepair', '...(isDueBeyond')],
    noticedBy: [forged('does not stop the rotations, once anything looks at the row: a due moment')],
  },
  {
    safeguard: 'stored moments: a lease until the end of the century is respected',
    changes: [drop('repairsOf', '...(lease &&')],
    noticedBy: [forged('does not stop the rotations, once anything looks at the row: a lease')],
  },
  {
    safeguard: 'stored moments: a lease that is too long is taken from a holder that may be alive',
    changes: [replace('repairsOf', 'nowMs + LEASE_MS', 'nowMs - LEASE_MS')],
    noticedBy: [forged('such as a lease is given the time that a living holder may need')],
  },
  {
    safeguard: 'stored moments: a process whose clock is wrong repairs them',
    changes: [replace('withRepairedMoments', '- (connections.clockSkewMs() ?? 0)', '')],
    noticedBy: [forged('is not seen by a process whose own clock is wrong')],
  },
  {
    safeguard: 'stored moments: one derived from a forged breaker is stored',
    changes: [replace('planNextDue', 'withBoundedMoments(before, unbounded, nowMs)', 'unbounded')],
    noticedBy: [dueTimes('is never postponed by more than a day')],
  },
  {
    safeguard: 'stored moments: a due time after the end of life is never found',
    inShortRun: true,
    changes: [never('createTally', 'isAstray(')],
    noticedBy: [reconciler('are found by the reconciler within six hours, and the grant lives on')],
  },
  {
    safeguard: 'stored moments: the index is believed, not the connection',
    changes: [drop('repairOne', '!isAfter(')],
    noticedBy: [reconciler('are right where a back-off reaches beyond the end')],
  },
];
