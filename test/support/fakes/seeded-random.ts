import { createHash } from 'node:crypto';
import type { Random } from '../../../functions/core/ports/platform.ts';

/** The same bytes for the same seed, and never the same bytes twice within one seed. */
export function createSeededRandom(seed = 'seed'): Random {
  let block = 0;
  return {
    bytes(length) {
      const chunks: Buffer[] = [];
      for (let have = 0; have < length; have += 32) {
        chunks.push(createHash('sha256').update(`${seed}:${block++}`).digest());
      }
      return new Uint8Array(Buffer.concat(chunks).subarray(0, length));
    },
  };
}
