import type { Mutant } from '../mutant.ts';
import { testFile } from './proofs.ts';

const BINDING = 'client/sealed-token/seal-binding.ts';

const contract = testFile('test/contract/token-sealer.test.ts');

/** What a sealed token is bound to. */
export const SEAL_MUTANTS: readonly Mutant[] = [
  {
    safeguard: 'seal: a token opens under another version',
    edits: [
      {
        file: BINDING,
        find: 'const facts = { ...encryptionContextOf(binding), generation, version };',
        replace: 'const facts = { ...encryptionContextOf(binding), generation };',
      },
    ],
    proof: contract,
    says: 'version',
  },
  {
    safeguard: 'seal: a token opens under another generation',
    edits: [
      {
        file: BINDING,
        find: 'const facts = { ...encryptionContextOf(binding), generation, version };',
        replace: 'const facts = { ...encryptionContextOf(binding), version };',
      },
    ],
    proof: contract,
    says: 'generation',
  },
  {
    safeguard: 'seal: an access token opens with another end of life or scope set',
    edits: [
      {
        file: BINDING,
        find: '? canonicalJson({ ...facts, expiresAtMs: binding.expiresAtMs, scopeSet: binding.scopeSet })',
        replace: '? canonicalJson(facts)',
      },
    ],
    proof: contract,
    says: 'it does not open under another',
  },
  {
    safeguard: 'seal: KMS is not told whose token it is',
    edits: [
      {
        file: BINDING,
        find: 'return { connection: context.connectionId, purpose: context.purpose, clientId: context.clientId };',
        replace: 'return { purpose: context.purpose, clientId: context.clientId };',
      },
    ],
    proof: contract,
    says: 'connection',
  },
  {
    safeguard: 'seal: the header of the envelope is not authenticated',
    edits: [
      {
        file: BINDING,
        find: "return Buffer.concat([header, Buffer.from(text, 'utf8')]);",
        replace: "return Buffer.concat([header.subarray(0, 0), Buffer.from(text, 'utf8')]);",
      },
    ],
    proof: testFile('test/unit/adapters/kms/sealed-token-format.test.ts'),
    says: 'to the documented bytes',
  },
];
