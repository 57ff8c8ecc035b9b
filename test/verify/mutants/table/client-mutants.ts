import { always, become, drop, never } from '../changes.ts';
import type { Mutant } from '../mutant.ts';
import { testFile } from './proofs.ts';

const fetching = testFile('test/unit/client/fetching-with-a-token.test.ts');
const again = testFile('test/unit/client/trying-adobe-again.test.ts');
const clock = testFile('test/unit/client/a-wrong-clock.test.ts');
const settings = testFile('test/unit/client/client-settings.test.ts');
const copies = testFile('test/unit/client/two-copies.test.ts');
const mixtures = testFile('test/infra/two-vaults.test.ts');

/** What keeps a consumer from mixing two vaults or two copies of the client, and a token from going anywhere but to Adobe. */
export const CLIENT_MUTANTS: readonly Mutant[] = [
  {
    safeguard: 'client: variables of two vaults are mixed',
    changes: [always('assertSameAs', 'different.length')],
    noticedBy: [mixtures('is refused before any request')],
  },
  {
    safeguard: 'client: the table of a vault is used without a statement of its API',
    changes: [always('assertMayStandAlone', 'dependent.length')],
    noticedBy: [mixtures('changed or missing is refused')],
  },
  {
    safeguard: 'client: variables name two Regions or accounts',
    changes: [never('assertEqual', 'new Set')],
    noticedBy: [settings('a set of variables that states itself wrongly is refused')],
  },
  {
    safeguard: 'fetch: a token goes to any host',
    changes: [always('createHostFence', 'protocolFits &&')],
    noticedBy: [fetching('gets no token, and none is asked for')],
  },
  {
    safeguard: 'fetch: a token goes to code of customers',
    changes: [drop('createHostFence', '!hidesForeignCode')],
    noticedBy: [fetching('gets a token only where it is listed itself')],
  },
  {
    safeguard: 'fetch: a redirect takes the token to another host',
    changes: [always('redirectWithin', 'to.origin')],
    noticedBy: [fetching('is handed to the caller and not followed')],
  },
  {
    safeguard: 'fetch: a header of the caller is replaced',
    changes: [always('authorized-fetch#send', 'headers.has')],
    noticedBy: [fetching('what the caller set stays')],
  },
  {
    safeguard: 'fetch: a request that must not be repeated is',
    changes: [drop('authorizedFetch', 'isIdempotent')],
    noticedBy: [again('is not sent again')],
  },
  {
    safeguard: 'fetch: a request is sent again without end',
    changes: [drop('pauseBeforeNextMs', 'sent >= MAX_SENDS')],
    noticedBy: [again('there are three requests at most')],
  },
  {
    safeguard: 'fetch: the client waits as long as an API says',
    changes: [drop('pauseBeforeNextMs', 'leastMs > leftMs')],
    noticedBy: [again('is longer than a call waits')],
  },
  {
    safeguard: 'client: any Date moves the clock of signatures',
    changes: [drop('correctClock', 'Math.abs')],
    noticedBy: [clock('is named, and not corrected')],
  },
  {
    safeguard: 'client: an error of another copy of the client is not taken for one',
    changes: [become('isVaultError', 'error instanceof VaultError')],
    noticedBy: [copies('the errors of another copy of the client are known')],
  },
];
