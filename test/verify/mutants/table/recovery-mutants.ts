import { always, become, drop, never, replace } from '../changes.ts';
import type { Mutant } from '../mutant.ts';
import { crashPoints, RACES, testFile } from './proofs.ts';

const parkedSuccessors = testFile('test/unit/rotation/parked-successors.test.ts');
const badInput = testFile('test/unit/rotation/bad-input.test.ts');
const settled = testFile('test/unit/rotation/settled-or-parked.test.ts');
const unstopped = testFile('test/unit/rotation/obstacles.test.ts');
const nextClaimer = crashPoints('recover by the next claimer', 'family');
const noWrite = crashPoints('rotate, the store takes no write after the claim', 'strict');

/** What becomes of a successor that could not be committed at once. */
export const RECOVERY_MUTANTS: readonly Mutant[] = [
  {
    safeguard: 'parking: a successor that the store does not take is dropped',
    inShortRun: true,
    changes: [always('parkOnce', 'parked === undefined')],
    noticedBy: [noWrite('a grant was lost outside the window'), RACES],
  },
  {
    safeguard: 'parking: it begins when no time is left for it',
    changes: [become('PARK_MS', '0')],
    noticedBy: [parkedSuccessors('is parked in time even when the answer came at the last moment')],
  },
  {
    safeguard: 'recovery before re-post: the next claimer does not look for a parked successor',
    inShortRun: true,
    changes: [always('recoverBeforePost', '!hasUncleanLease')],
    noticedBy: [nextClaimer('a grant was lost outside the window')],
  },
  {
    safeguard: 'recovery before re-post: it continues while Scheduler cannot say what is parked',
    changes: [
      replace(
        'recoverBeforePost',
        "await wait(run, connection, 'backoff', nowMs + MINUTE_MS)",
        'NOTHING_PARKED',
      ),
    ],
    noticedBy: [nextClaimer('a grant was lost outside the window')],
  },
  {
    safeguard: 'recovery: an envelope is recovered without being opened first',
    changes: [drop('classifyEnvelope', 'openEnvelope(')],
    noticedBy: [parkedSuccessors('that was tampered with is refused and changes nothing')],
  },
  {
    safeguard: 'recovery: an envelope of any version is recovered',
    changes: [drop('recoverGenuine', 'connection.version ===')],
    noticedBy: [parkedSuccessors('that arrives twice is recovered once')],
  },
  {
    safeguard: 'recovery: an envelope of any generation is recovered',
    changes: [
      replace(
        'recoverGenuine',
        'connection?.generation === parked.generation && connection.version',
        'connection?.version',
      ),
    ],
    noticedBy: [badInput('one of an earlier consent changes nothing of the present one')],
  },
  {
    safeguard: 'recovery: an envelope that cannot be opened keeps the present token from being posted',
    changes: [replace('recoverBeforePost', 'await classifyEnvelope(run, connection, parked)', "'genuine'")],
    noticedBy: [unstopped('does not keep the token it was to replace from being posted')],
  },
  {
    safeguard: 'ambiguous commit: a run does not recognise its own earlier success',
    changes: [always('settleLostCommit', '!isOurs')],
    noticedBy: [parkedSuccessors('is recognised as its own success')],
  },
  {
    safeguard: 'commit: it is tried once',
    changes: [always('keepSuccession', 'tooLate) return')],
    noticedBy: [crashPoints('rotate by schedule', 'strict')('a grant was lost outside the window')],
  },
  {
    safeguard: 'alternate: a successor whose rival was committed is revoked',
    changes: [never('changesFor', 'current.generation ===')],
    noticedBy: [parkedSuccessors('whose rival was committed is kept as alternate')],
  },
  {
    safeguard: 'uncommitted successors: one of a user who consented again is revoked',
    changes: [drop('changesFor', 'mayBelongToSameUser(')],
    noticedBy: [parkedSuccessors('a new consent of the same user lets its successor expire')],
  },
  {
    safeguard: 'uncommitted successors: one of a disconnected connection is left to expire',
    changes: [always('changesFor', "owner === 'unproven'")],
    noticedBy: [parkedSuccessors('a disconnect hands its successor to the revocations, and IMS revokes it')],
  },
  {
    safeguard: 'uncommitted successors: the schedule of one that is not settled yet is deleted',
    changes: [never('superseded', "kind === 'unsettled'")],
    noticedBy: [settled('keeps the schedule that carries it')],
  },
  {
    safeguard: 'uncommitted successors: after a conflicting write, the decision from before it is kept',
    changes: [replace('settleUncommitted', 'tryToSettle(run, stored,', 'tryToSettle(run, current,')],
    noticedBy: [settled('is revoked when a disconnect comes while it would become the alternate')],
  },
  {
    safeguard: 'uncommitted successors: one that can be neither settled nor parked gets a single try',
    changes: [always('settleOrPark', 'LAST_TRY_MS')],
    noticedBy: [settled('is settled after all when its parking place is taken and the other writers stop')],
  },
  {
    safeguard: 'uncommitted successors: the owner that a parked input names is believed without a proof',
    changes: [become('isOwnerProven', 'true')],
    noticedBy: [settled('does not get the living grant revoked when it is another user')],
  },
  {
    safeguard: 'uncommitted successors: one is not parked while the store cannot take it as alternate',
    changes: [never('settleOrPark', 'parkOnce(')],
    noticedBy: [unstopped('waits in its parking place while the store cannot take it as alternate')],
  },
];
