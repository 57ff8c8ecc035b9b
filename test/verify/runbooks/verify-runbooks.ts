import { spawnSync } from 'node:child_process';

/** The long form of `test/integration/operations/runbooks.test.ts`: sections that take minutes too. */
const { status, error } = spawnSync(
  'npm',
  [
    'exec',
    '--no',
    '--',
    'vitest',
    'run',
    '--project',
    'integration',
    'test/integration/operations/runbooks.test.ts',
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit', shell: process.platform === 'win32', env: { ...process.env, RUNBOOKS: 'all' } },
);
if (error) throw error;
process.exitCode = status ?? 1;
