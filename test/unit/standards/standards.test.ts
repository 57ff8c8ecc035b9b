import { describe, it } from 'vitest';
import { ASVS_V10 } from './items/asvs-v10.ts';
import type { Standard } from './items/item.ts';
import { RFC_6749 } from './items/rfc-6749.ts';
import { RFC_7636 } from './items/rfc-7636.ts';
import { RFC_9207 } from './items/rfc-9207.ts';
import { RFC_9700 } from './items/rfc-9700.ts';
import type { ProofsOf } from './proof.ts';
import { ASVS_V10_PROOFS } from './proofs/asvs-v10.ts';
import { RFC_6749_PROOFS } from './proofs/rfc-6749.ts';
import { RFC_7636_PROOFS } from './proofs/rfc-7636.ts';
import { RFC_9207_PROOFS } from './proofs/rfc-9207.ts';
import { RFC_9700_PROOFS } from './proofs/rfc-9700.ts';

/** One test per item. The compiler requires a proof for each. */
function prove<S extends Standard>(standard: S, proofs: ProofsOf<S>): void {
  describe(standard.name, () => {
    for (const [id, { section, requirement }] of Object.entries(standard.items)) {
      it(`§${section} ${requirement}`, proofs[id as keyof S['items'] & string]);
    }
  });
}

prove(RFC_9700, RFC_9700_PROOFS);
prove(RFC_6749, RFC_6749_PROOFS);
prove(RFC_7636, RFC_7636_PROOFS);
prove(RFC_9207, RFC_9207_PROOFS);
prove(ASVS_V10, ASVS_V10_PROOFS);
