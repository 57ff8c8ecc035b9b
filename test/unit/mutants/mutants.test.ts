import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { staleEntries } from '../../mutants/judge-mutants.ts';
import { edited } from '../../mutants/mutant.ts';
import { MUTANTS } from '../../mutants/table/mutants.ts';

const SCRIPT = fileURLToPath(new URL('../../mutants/verify-mutants.ts', import.meta.url));
/** Each is named by the design; `npm test` shows that its loss is noticed. */
const GUARDS = [
  'lease',
  'version condition',
  'generation condition',
  'generation condition on begin',
  'conditional publish',
  'evidence before verdict',
  'keep the present token',
  'refresh before access',
  'client breaker',
  'weather breaker',
  'burst guard',
  'parking',
  'adoption before re-post',
];

/** What the script says, however it ends. */
function sayingOf(...args: readonly string[]): Promise<readonly string[]> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['--import', 'tsx', SCRIPT, ...args], (_, stdout, stderr) => {
      resolve(`${stdout.trim() || stderr}`.split('\n'));
    });
  });
}

describe('The table of mutants', () => {
  it('matches its sources, every entry exactly once', async () => {
    expect(await staleEntries(MUTANTS)).toEqual([]);
  });

  it('names each guard once, and says of each by what it is noticed', () => {
    const guards = MUTANTS.map(({ guard }) => guard);
    expect(new Set(guards).size).toBe(guards.length);
    expect(MUTANTS.filter(({ says }) => says === '')).toEqual([]);
  });

  it('has every guard of the design in its short run', () => {
    const short = MUTANTS.filter(({ inShortRun }) => inShortRun).map(({ guard }) => guard.split(':')[0]);
    expect(GUARDS.filter((guard) => !short.includes(guard))).toEqual([]);
  });

  it.each(['absent', 'there there'])('fails loudly when a text is %s', (source) => {
    expect(() => edited(source, { file: 'some.ts', find: 'there', replace: '' })).toThrow('not once');
  });
});

describe('A guard that is taken away', () => {
  it('is noticed by the proof that stands for it, each of the short run', async () => {
    const lines = await sayingOf('--short');
    const last = lines.at(-1) ?? '';
    expect(lines.slice(0, -1).filter((line) => !/^(caught| |Guards)/.test(line))).toEqual([]);
    const count = MUTANTS.filter(({ inShortRun }) => inShortRun).length;
    expect(last).toContain(`"trials":${count},"caught":${count},"survived":0,`);
    expect(last).toContain('"failingProofs":0');
  });
});
