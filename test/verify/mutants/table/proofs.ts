import type { Noticed, Proof } from '../mutant.ts';

export function testFile(file: string): Proof {
  return { kind: 'test file', file };
}

export function crashPoints(scenario: string, ...modes: readonly string[]): Proof {
  return { kind: 'crash points', scenario, modes };
}

/** Every way in which the answer to a post can arrive. */
export function answers(scenario: string, ...modes: readonly string[]): Proof {
  return { kind: 'answers', scenario, modes };
}

/** Enough schedules for every safeguard that only stands where processes race. Which rule breaks first is up to the seed. */
export const RACES: Noticed = {
  proof: { kind: 'races', runs: 400, seed: 5 },
  says: 'no rule is broken',
};

/** Without the breaker such a fleet loses twice what it may. */
export const BAD_HOUR: Noticed = {
  proof: { kind: 'bad hour', sky: 'lossy', connections: 3_000 },
  says: 'grants were lost, not 10 at most',
};
