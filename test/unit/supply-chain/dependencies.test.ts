import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { installedPackages } from '../../../lib/packaging/installed-packages.ts';
import packageJson from '../../../package.json' with { type: 'json' };
import lock from '../../../package-lock.json' with { type: 'json' };
import { MAY_BE_SHIPPED } from './licences.ts';

const { dependencies, devDependencies, peerDependencies } = packageJson;
const page = await readFile(new URL('../../../docs/decisions/0001-dependencies.md', import.meta.url), 'utf8');

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly inBundle?: boolean;
}

const locked = new Map<string, LockedPackage>(Object.entries(lock.packages));

function lockedVersion(name: string) {
  return locked.get(`node_modules/${name}`)?.version;
}

/** First column of the tables: names, of which one may stand for many (`@types/*`). */
const reasons = page
  .split('\n')
  .flatMap((line) => /^\| (`.*?) \|/.exec(line)?.[1]?.match(/(?<=`)[^`,\s]+(?=`)/g) ?? [])
  .map((name) => ({ name, covers: new RegExp(`^${name.replaceAll('*', '[^/]+')}$`) }));

const everything = Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies });

test('every dependency has a reason, and every reason a dependency', () => {
  expect(everything.filter((name) => !reasons.some(({ covers }) => covers.test(name)))).toEqual([]);
  expect(reasons.filter(({ covers }) => !everything.some((name) => covers.test(name)))).toEqual([]);
});

test('what is developed with is pinned exactly', () => {
  expect(Object.entries(devDependencies).filter(([, range]) => !/^\d+\.\d+\.\d+$/.test(range))).toEqual([]);
});

test('what applications install is a range that starts at what is tested here', () => {
  for (const [name, range] of Object.entries(dependencies)) expect(range).toBe(`^${lockedVersion(name)}`);
});

test('an application needs neither CDK nor AWS client for the token client', () => {
  expect(
    Object.keys(dependencies).filter((name) => /^(aws-cdk|constructs|@aws-sdk\/client-)/.test(name)),
  ).toEqual([]);
  expect(Object.keys(packageJson.peerDependenciesMeta)).toEqual(Object.keys(peerDependencies));
});

test('the lock file names packages by their hash, and no registry', () => {
  const packages = [...locked].filter(([path]) => path !== '');

  expect(packages.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
  expect(packages.filter(([, one]) => one.integrity === undefined && !one.inBundle)).toEqual([]);
});

test('every package that npm installs with this one has a license that permits its use', () => {
  const shipped = [...installedPackages(lock.packages)];

  expect(shipped.length).toBeGreaterThan(Object.keys(dependencies).length);
  expect(shipped.filter(([, license = '']) => !MAY_BE_SHIPPED.includes(license))).toEqual([]);
});
