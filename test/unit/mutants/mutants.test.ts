import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { MUTANTS } from '../../verify/mutants/table/mutants.ts';

const SCRIPT = fileURLToPath(new URL('../../verify/mutants/verify-mutants.ts', import.meta.url));
/** The safeguards that the protocol rests on: `npm test` itself shows that their loss is noticed. */
const SAFEGUARDS = [
  'lease',
  'version condition',
  'generation condition',
  'generation condition on activation',
  'conditional publish',
  'evidence before decision',
  'keep the present token',
  'refresh before access',
  'credential breaker',
  'outage breaker',
  'refusal breaker',
  'parking',
  'recovery before re-post',
];

/** The lines that the script prints, also when it fails. */
function linesOf(...args: readonly string[]): Promise<readonly string[]> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['--import', 'tsx', SCRIPT, ...args], (_, stdout, stderr) => {
      resolve(`${stdout.trim() || stderr}`.split('\n'));
    });
  });
}

describe('The table of mutants', () => {
  it('names each safeguard once, and what notices its loss', () => {
    const safeguards = MUTANTS.map(({ safeguard }) => safeguard);
    expect(new Set(safeguards).size).toBe(safeguards.length);
    expect(MUTANTS.filter(({ noticedBy }) => noticedBy.length === 0)).toEqual([]);
    expect(MUTANTS.filter(({ noticedBy }) => noticedBy.some(({ says }) => says === ''))).toEqual([]);
  });

  it('has every safeguard of the protocol in its short run', () => {
    const short = MUTANTS.filter(({ inShortRun }) => inShortRun).map(
      ({ safeguard }) => safeguard.split(':')[0],
    );
    expect(SAFEGUARDS.filter((safeguard) => !short.includes(safeguard))).toEqual([]);
  });
});

describe('A safeguard that is taken away', () => {
  it('makes its test fail, if it is in the short run', async () => {
    const lines = await linesOf('--short');
    const last = lines.at(-1) ?? '';
    expect(lines.slice(0, -1).filter((line) => !/^(caught| |Safeguards)/.test(line))).toEqual([]);
    const count = MUTANTS.filter(({ inShortRun }) => inShortRun).length;
    expect(last).toContain(`"trials":${count},"caught":${count},"survived":0,`);
    expect(last).toContain('"failingProofs":0');
  });
});
