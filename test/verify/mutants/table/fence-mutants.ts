import { always, drop, never, replace } from '../changes.ts';
import type { Mutant } from '../mutant.ts';
import { testFile } from './proofs.ts';

const acting = testFile('test/unit/client/acting-for-a-tenant.test.ts');
const refused = testFile('test/unit/client/refused-before-the-vault.test.ts');
const network = testFile('test/unit/client/in-a-vpc.test.ts');
const settings = testFile('test/unit/client/client-settings.test.ts');

/** What keeps tenants apart in one process, and secrets out of what a gateway says. The policies: `npm run verify:fence`. */
export const FENCE_MUTANTS: readonly Mutant[] = [
  {
    safeguard: 'fence: a session has no tag',
    changes: [drop('assume', "...(tenant !== undefined && { 'Tags")],
    noticedBy: [acting('assumes the role with the tag of the tenant')],
  },
  {
    safeguard: 'fence: tenants share the tokens in memory',
    changes: [replace('createTokenCache', `part(\`\${tenant}:\`)`, "part('')")],
    noticedBy: [acting('never gets from memory what another tenant has put there')],
  },
  {
    safeguard: 'fence: any text is the name of a tenant',
    changes: [always('assertTenantName')],
    noticedBy: [acting('which is the name of no tenant')],
  },
  {
    safeguard: 'fence: sessions of all tenants stay in memory',
    changes: [never('createTenants')],
    noticedBy: [acting('keeps the sessions of the 500 tenants')],
  },
  {
    safeguard: 'fence: a disconnect forgets nothing of other tenants’ clients',
    changes: [drop('createPausingClient.forget', '...tenants')],
    noticedBy: [acting('keeps no answer that another client’s disconnect overtook')],
  },
  {
    safeguard: 'fence: the role of tenants is one of another account',
    changes: [drop('assertSamePlace', 'TENANT_ROLE_ARN: ofTenants')],
    noticedBy: [settings('a set of variables that states itself wrongly is refused')],
  },
  {
    safeguard: 'fence: every tenant waits for a service without a route',
    changes: [drop('createParts', 'pause: directPause')],
    noticedBy: [network('tenants do not each wait')],
  },
  {
    safeguard: 'refusal: a gateway’s answer is taken for the vault’s',
    changes: [never('vault-answer#errorOf', 'status === 403')],
    noticedBy: [refused('keeps the message of')],
  },
  {
    safeguard: 'refusal: tokens and signatures in a gateway’s answer are shown',
    changes: [always('mayBeSecret')],
    noticedBy: [refused('shows nothing of')],
  },
  {
    safeguard: 'refusal: a token behind the start of an ARN is shown',
    changes: [drop('mayBeSecret', 'word.split')],
    noticedBy: [refused('shows nothing of a token that looks like an ARN')],
  },
  {
    safeguard: 'refusal: a gateway’s answer of any length is shown',
    changes: [always('wordsOfService', 'words.length')],
    noticedBy: [refused('is one bounded line')],
  },
];
