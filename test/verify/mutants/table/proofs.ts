import type { Noticed } from '../mutant.ts';

/** How one proof notices a mutant: by what the failing test says. */
export type Notice = (says: string) => Noticed;

export function testFile(file: string): Notice {
  return (says) => ({ proof: { kind: 'test file', file }, says });
}

export function crashPoints(scenario: string, ...modes: readonly string[]): Notice {
  return (says) => ({ proof: { kind: 'crash points', scenario, modes }, says });
}

/** Every way in which the answer to a post can arrive. */
export function answers(scenario: string, ...modes: readonly string[]): Notice {
  return (says) => ({ proof: { kind: 'answers', scenario, modes }, says });
}

/** Enough races for every safeguard that only matters where processes race. Which rule breaks first depends on the seed. */
export const RACES: Noticed = {
  proof: { kind: 'races', runs: 400, seed: 5 },
  says: 'no rule is broken',
};

/** Without the breaker such a fleet loses twice what it may. */
export const BAD_HOUR: Noticed = {
  proof: { kind: 'bad hour', condition: 'lossy', connections: 3_000 },
  says: 'grants were lost, not 10 at most',
};
