import { createSeededRandom } from '../../support/fakes/seeded-random.ts';

/** Numbers in [0, 1), the same for the same seed. */
export function createSeededShares(seed: string): () => number {
  const random = createSeededRandom(seed);
  return () => Buffer.from(random.bytes(4)).readUInt32BE(0) / 2 ** 32;
}
