import { drop, never } from '../changes.ts';
import type { Mutant } from '../mutant.ts';
import { crashPoints, testFile } from './proofs.ts';

const dueTimes = testFile('test/unit/races/announced-due-times.test.ts');
/** One write serves both, and each has to notice on its own. */
function publishes(says: string) {
  return dueTimes(`A rotation that publishes while another process writes > ${says}`);
}

function announces(says: string) {
  return dueTimes(`A consent that is announced while another process writes > ${says}`);
}

const rotateEvent = testFile('test/unit/rotate-event/read-request.test.ts');
const reconciler = testFile('test/unit/reconcile/reconcile.test.ts');

/** When a connection runs next, and what its schedule may ask for. */
export const SCHEDULE_MUTANTS: readonly Mutant[] = [
  {
    safeguard: 'due time: a run that read before a refusal plans it without the refusal',
    changes: [drop('updateAsRead', 'onlyIfNextAttemptIs }')],
    noticedBy: [publishes('leaves the due time of a refusal that came and went in between')],
  },
  {
    safeguard: 'due time: the announcement of a consent plans it without a refusal in between',
    changes: [drop('updateAsRead', 'onlyIfNextAttemptIs }')],
    noticedBy: [announces('leaves the due time of a refusal that came and went in between')],
  },
  {
    safeguard: 'schedules: their input may ask for what only an operator may',
    changes: [never('createRotateEvent', 'aliasOf(invokedArn)')],
    noticedBy: [rotateEvent('may not be {')],
  },
  {
    safeguard: 'schedules: their input may rotate any connection before it is due',
    changes: [never('readScheduledRequest', "trigger === 'canary'")],
    noticedBy: [rotateEvent('may rotate nothing before it is due where there is no canary connection')],
  },
  {
    safeguard: 'reconciler: it does not reschedule a connection whose schedule never fired',
    changes: [drop('storeAndSchedule', 'createSchedule(')],
    noticedBy: [crashPoints('rotate by schedule', 'strict')('the connection has no due time')],
  },
  {
    safeguard: 'reconciler: it believes a lagging index',
    changes: [drop('rescheduleOne', '!isMissed(')],
    noticedBy: [reconciler('believes the connection, not a lagging index')],
  },
];
