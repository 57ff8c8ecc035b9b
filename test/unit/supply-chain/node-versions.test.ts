import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import manifest from '../../../package.json' with { type: 'json' };

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const CHECK = 'node bin/check-node.cjs && ';

function checkOn(version: string) {
  const pretend = `Object.defineProperty(process.versions, 'node', { value: '${version}' });`;
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--eval', `${pretend} require('./bin/check-node.cjs')`],
    { cwd: ROOT, encoding: 'utf8' },
  );
  return { status, stderr };
}

test.each(['0.12.18', '8.17.0', '18.20.8', '20.9.0', '20.18.3'])(
  'Node %s is refused with a sentence',
  (version) => {
    expect(checkOn(version)).toEqual({
      status: 1,
      stderr: `This needs Node 20.19 or later, and runs on Node ${version}. Install a later one, such as Node 24.\n`,
    });
  },
);

test.each(['20.19.0', '20.100.0', '22.0.0', '24.1.0', '100.0.0'])('Node %s is accepted', (version) => {
  expect(checkOn(version)).toEqual({ status: 0, stderr: '' });
});

test('what the README has a reader run first checks Node before it loads anything', () => {
  const { start, demo, cli, test: tests } = manifest.scripts;
  for (const script of [start, demo, cli, tests]) expect(script.startsWith(CHECK)).toBe(true);
  // An old Node must be able to parse it.
  const source = readFileSync(`${ROOT}/bin/check-node.cjs`, 'utf8');
  expect(source).not.toMatch(/`|=>|,\s*\)|\b(?:const|let|import|class|async)\b|\?\.|\?\?/);
});

test('the README names the oldest Node that the package accepts', () => {
  const readme = readFileSync(`${ROOT}/README.md`, 'utf8');
  expect(readme).toContain(`Node ${manifest.engines.node.replace('>=', '')}, 22 or 24`);
});

test('the command line prints no warning of the AWS SDK before its result', () => {
  const { stderr, status } = spawnSync(
    process.execPath,
    ['--import', 'tsx', 'bin/adobe-token-vault.ts', 'doctor', '--endpoint', 'http://127.0.0.1:9'],
    {
      cwd: ROOT,
      encoding: 'utf8',
      env: {
        PATH: process.env.PATH,
        AWS_REGION: 'eu-west-1',
        AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
        AWS_SECRET_ACCESS_KEY: 'example',
      },
    },
  );
  expect(status).toBe(4);
  expect(stderr).toMatch(/^AWS or Adobe could not be reached\./);
});
