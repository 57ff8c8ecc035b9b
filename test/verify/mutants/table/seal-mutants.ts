import { drop, replace } from '../changes.ts';
import type { Mutant } from '../mutant.ts';
import { testFile } from './proofs.ts';

const contract = testFile('test/contract/token-sealer.test.ts');

/** What a sealed token is bound to. */
export const SEAL_MUTANTS: readonly Mutant[] = [
  {
    safeguard: 'seal: a token opens under another version',
    changes: [replace('additionalDataOf', ', generation, version }', ', generation }')],
    noticedBy: [contract('version')],
  },
  {
    safeguard: 'seal: a token opens under another generation',
    changes: [replace('additionalDataOf', ', generation, version }', ', version }')],
    noticedBy: [contract('generation')],
  },
  {
    safeguard: 'seal: an access token opens with another end of life or scope set',
    changes: [
      replace(
        'additionalDataOf',
        '{ ...facts, expiresAtMs: binding.expiresAtMs, scopeSet: binding.scopeSet }',
        'facts',
      ),
    ],
    noticedBy: [contract('it does not open under another')],
  },
  {
    safeguard: 'seal: KMS is not told whose token it is',
    changes: [drop('encryptionContextOf', 'connection')],
    noticedBy: [contract('connection')],
  },
  {
    safeguard: 'seal: the header of the envelope is not authenticated',
    changes: [replace('additionalDataOf', 'header,', 'header.subarray(0, 0),')],
    noticedBy: [testFile('test/unit/adapters/kms/sealed-token-format.test.ts')('to the documented bytes')],
  },
];
