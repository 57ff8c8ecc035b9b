import { always, never } from '../changes.ts';
import type { Mutant } from '../mutant.ts';
import { testFile } from './proofs.ts';

const settings = testFile('test/unit/client/client-settings.test.ts');
const mixtures = testFile('test/infra/two-vaults.test.ts');

/** What keeps a consumer from using the variables of two vaults at once. */
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
];
