import { spawnSync } from 'node:child_process';

interface Step {
  readonly name: string;
  /** On two idle cores. */
  readonly usually: string;
  readonly command: readonly [string, ...string[]];
}

const STEPS: readonly Step[] = [
  { name: 'types', usually: '5 seconds', command: ['npm', 'run', '--silent', 'typecheck'] },
  { name: 'lint', usually: '5 seconds', command: ['npm', 'run', '--silent', 'lint'] },
  { name: 'dead code', usually: '10 seconds', command: ['npm', 'run', '--silent', 'unused'] },
  {
    name: 'tests',
    usually: '3 minutes',
    command: ['npm', 'exec', '--no', '--', 'vitest', 'run', ...process.argv.slice(2)],
  },
];

/** The step's exit code; 1 when a signal ended it. */
function run({ command: [program, ...args] }: Step): number {
  const { status, error } = spawnSync(program, args, {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (error) throw error;
  return status ?? 1;
}

console.log('npm test takes 3 to 4 minutes on two idle cores.');
for (const [at, step] of STEPS.entries()) {
  console.log(`\n${at + 1} of ${STEPS.length}: ${step.name} (usually ${step.usually})`);
  process.exitCode = run(step);
  if (process.exitCode === 0) continue;
  console.error(`\nnpm test ended at its step ${at + 1} of ${STEPS.length}, ${step.name}.`);
  break;
}
