import { describe, expect, it } from 'vitest';
import { seedOfRun } from '../../support/run-seed.ts';

function seedFor(given: string | undefined, ...args: readonly string[]) {
  const said: string[] = [];
  const seed = seedOfRun({ script: 'verify:races', given, args, say: (line) => void said.push(line) });
  return { seed, said };
}

describe('The seed of a run that is started by hand', () => {
  it('is fresh when none is given, and is printed with the line that repeats the run', () => {
    const runs = Array.from({ length: 8 }, () => seedFor(undefined, '--runs', '20'));
    expect(new Set(runs.map(({ seed }) => seed)).size).toBeGreaterThan(1);
    for (const { seed, said } of runs) {
      expect(said).toEqual([`Seed ${seed}. Again: npm run verify:races -- --runs 20 --seed ${seed}`]);
    }
  });

  it.each([
    ['two words', ['--seed', '7', '--only', 'stack']],
    ['one word', ['--only', 'stack', '--seed=7']],
  ])('is the one that is given in %s, once in the line that repeats the run', (_, args) => {
    expect(seedFor('7', ...args)).toEqual({
      seed: 7,
      said: ['Seed 7. Again: npm run verify:races -- --only stack --seed 7'],
    });
  });

  it.each(['', 'seven', '1.5', '-1', '9007199254740993'])('refuses "%s"', (given) => {
    expect(() => seedFor(given, '--seed', given)).toThrow(RangeError);
  });
});
