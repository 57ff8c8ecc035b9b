import type { Random } from '../../../functions/core/ports/platform.ts';

/** The randomness of one shard of a run: the same for the same seed. */
export interface Chance extends Random {
  /** In [0, 1). */
  share(): number;
  between(low: number, high: number): number;
  happens(probability: number): boolean;
}

/** The generator sfc32 (Doty-Humphrey, PractRand): small, fast, good enough for a simulation, and for nothing else. */
export function createChance(seed: string): Chance {
  let [a, b, c, counter] = scatter(seed);
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum >>> 0;
  };
  for (let warmUp = 0; warmUp < 16; warmUp += 1) next();
  const share = () => next() / 2 ** 32;
  return {
    share,
    between: (low, high) => low + share() * (high - low),
    happens: (probability) => probability > 0 && share() < probability,
    bytes(length) {
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length; at += 4) {
        const word = next();
        bytes[at] = word;
        bytes[at + 1] = word >>> 8;
        bytes[at + 2] = word >>> 16;
        bytes[at + 3] = word >>> 24;
      }
      return bytes;
    },
  };
}

/** Four words out of a text (FNV-1a, each with an offset of its own). */
function scatter(seed: string): [number, number, number, number] {
  const word = (offset: number): number => {
    let hash = (0x811c9dc5 ^ offset) | 0;
    for (let at = 0; at < seed.length; at += 1) hash = Math.imul(hash ^ seed.charCodeAt(at), 0x01000193);
    return hash;
  };
  return [word(1), word(2), word(3), word(4)];
}
