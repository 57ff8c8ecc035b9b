import type { Proof } from '../mutant.ts';

export function testFile(file: string): Proof {
  return { kind: 'test file', file };
}

export function crashPoints(scenario: string, ...modes: readonly string[]): Proof {
  return { kind: 'crash points', scenario, modes };
}
