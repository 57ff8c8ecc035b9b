import { become, drop, never } from '../changes.ts';
import type { Mutant } from '../mutant.ts';
import { testFile } from './proofs.ts';

const verifying = testFile('test/unit/cli/verifying.test.ts');

/** What keeps `verify` from claiming what it did not see. */
export const VERIFICATION_MUTANTS: readonly Mutant[] = [
  {
    safeguard: 'verify: a step is tried although one that it needs did not hold',
    changes: [never('verification#outcomeOf', 'missing !== undefined')],
    noticedBy: [verifying('are not tried after one that they need and that did not hold')],
  },
  {
    safeguard: 'verify: a step that was not run passes for one that held',
    changes: [drop('exitCodeOfSteps', "outcomes.has('not-run')")],
    noticedBy: [verifying('end with 0 only if each was seen to hold')],
  },
  {
    safeguard: 'verify: the walk goes on after the operator left',
    changes: [never('verification#outcomeOf', 'signal.aborted')],
    noticedBy: [verifying('are not tried once the operator has left')],
  },
  {
    safeguard: 'verify: the code of another sign-in is taken',
    changes: [become('openInbox.isMeant', 'true')],
    noticedBy: [verifying('takes the code of this sign-in, and of no other')],
  },
];
