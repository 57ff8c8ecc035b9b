import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import packageJson from '../../../package.json' with { type: 'json' };

function file(path: string) {
  return readFile(new URL(`../../../${path}`, import.meta.url), 'utf8');
}

const release = await file('.github/workflows/release.yml');
const ci = await file('.github/workflows/ci.yml');
const changelog = await file('CHANGELOG.md');

interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

interface Job {
  readonly needs?: string;
  readonly uses?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly strategy?: { readonly matrix: { readonly node: readonly number[] } };
  readonly steps?: readonly { readonly run?: string }[];
}

function jobOf(workflow: string, name: string): Job {
  const job = (parse(workflow) as Workflow).jobs[name];
  if (job === undefined) throw new Error(`There is no job ${name}.`);
  return job;
}

function commandsOf({ steps = [] }: Job) {
  return steps.flatMap(({ run }) => run ?? []);
}

test('a release is published with its provenance, from a run that holds no long-lived token', () => {
  const publish = jobOf(release, 'publish');

  expect(commandsOf(publish).at(-1)).toBe('npm publish --provenance --access public');
  expect(publish.permissions).toEqual({ contents: 'read', 'id-token': 'write' });
  expect(release + ci).not.toContain('secrets.');
});

test('no run may write to the repository, but the one that announces a release and runs none of its code', () => {
  const writers = [release, ci]
    .flatMap((workflow) => Object.values((parse(workflow) as Workflow).jobs))
    .filter(({ permissions }) => permissions?.contents === 'write');

  expect([release, ci].map((workflow) => (parse(workflow) as Workflow).permissions)).toEqual([
    { contents: 'read' },
    { contents: 'read' },
  ]);
  expect(writers).toEqual([jobOf(release, 'announce')]);
  expect(commandsOf(jobOf(release, 'announce')).join()).not.toMatch(/\bnp[mx]\b/);
});

test('a release comes after the tests, on every Node that the README promises', () => {
  expect(jobOf(release, 'publish').needs).toBe('ci');
  expect(jobOf(release, 'ci').uses).toBe('./.github/workflows/ci.yml');
  expect(jobOf(ci, 'test').strategy?.matrix.node).toEqual([20, 22, 24]);
  expect(commandsOf(jobOf(ci, 'test'))).toEqual(['.ci/run']);
  expect(packageJson.engines.node).toMatch(/^>=20\./);
});

test('every action is pinned by commit and names its release: a tag can be moved', async () => {
  const folder = new URL('../../../.github/workflows/', import.meta.url);
  const workflows = await Promise.all(
    (await readdir(folder)).map((name) => file(`.github/workflows/${name}`)),
  );
  const used = [...workflows.join('\n').matchAll(/uses:\s*(.+)/g)].map(([, action = '']) => action);
  const foreign = used.filter((action) => !action.startsWith('./'));

  expect(foreign.length).toBeGreaterThan(5);
  expect(
    foreign.filter((action) => !/^[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action)),
  ).toEqual([]);
});

test('every command of a workflow is a script that exists', async () => {
  const scripts = [...`${release}\n${ci}`.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name ?? '');

  expect(scripts.filter((name) => !(name in packageJson.scripts))).toEqual([]);
  expect(await readdir(new URL('../../../.github/workflows', import.meta.url))).toEqual([
    'ci.yml',
    'release.yml',
  ]);
});

test('the commands that the pages for contributors name exist', async () => {
  const pages = await Promise.all(['CONTRIBUTING.md', 'README.md', 'docs/operations.md'].map(file));
  const named = pages.join('\n').matchAll(/`npm run ([\w:]+)/g);

  expect([...named].map(([, name]) => name ?? '').filter((name) => !(name in packageJson.scripts))).toEqual(
    [],
  );
});

test('the changelog has the present version, released or still to come', () => {
  expect(changelog).toMatch(
    new RegExp(`^## \\[${packageJson.version}\\]|first release, ${packageJson.version}`, 'm'),
  );
});

test('the licence of the package is the one it ships', async () => {
  expect(packageJson.license).toBe('Apache-2.0');
  expect(await file('LICENSE')).toContain(
    'Apache License\n                           Version 2.0, January 2004',
  );
});
