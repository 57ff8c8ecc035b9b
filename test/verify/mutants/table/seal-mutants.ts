import { drop, never, replace } from '../changes.ts';
import type { Mutant } from '../mutant.ts';
import { testFile } from './proofs.ts';

const contract = testFile('test/contract/token-sealer.test.ts');
const format = testFile('test/unit/adapters/kms/sealed-token-format.test.ts');

/** What a sealed token is bound to. */
export const SEAL_MUTANTS: readonly Mutant[] = [
  {
    safeguard: 'seal: a token opens under another version',
    changes: [replace('additionalDataOf', 'generation, version };', 'generation };')],
    noticedBy: [contract('version')],
  },
  {
    safeguard: 'seal: a token opens under another generation',
    changes: [replace('additionalDataOf', 'generation, version };', 'version };')],
    noticedBy: [contract('generation')],
  },
  {
    safeguard: 'seal: an access token opens with another end of life or scope set',
    changes: [never('additionalDataOf')],
    noticedBy: [contract('it does not open under another')],
  },
  {
    safeguard: 'seal: KMS does not know whose token it is',
    changes: [drop('encryptionContextOf', 'connection: context')],
    noticedBy: [contract('connection')],
  },
  {
    safeguard: 'seal: the header of the envelope is not authenticated',
    changes: [drop('additionalDataOf', 'header, Buffer')],
    noticedBy: [format('to the documented bytes')],
  },
];
