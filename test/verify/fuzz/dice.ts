import { createChance } from '../simulation/chance.ts';

/** All choices of one request of the fuzz: the same for the same seed and index. */
export interface Dice {
  happens(probability: number): boolean;
  /** 0 to `below` − 1. */
  whole(below: number): number;
  pick<T>(from: readonly [T, ...T[]]): T;
  /** Undefined only of nothing. */
  oneOf<T>(from: readonly T[]): T | undefined;
}

export function createDice(seed: number, index: number): Dice {
  const chance = createChance(`${seed}:${index}`);
  const whole = (below: number): number => Math.floor(chance.share() * below);
  return {
    happens: chance.happens,
    whole,
    pick: (from) => from[whole(from.length)] ?? from[0],
    oneOf: (from) => from[whole(from.length)],
  };
}
