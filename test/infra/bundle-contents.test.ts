import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { FUNCTION_NAMES } from '../../lib/packaging/function-names.ts';
import budgets from '../../tools/bench/bundle-budgets.json' with { type: 'json' };

const bundles = inject('functionBundles');
const functions = readdirSync(join(bundles, '../meta')).map((file) => file.replace('.json', ''));
const kilobytes = new Map<string, number>(Object.entries(budgets));
const { anyFunction } = budgets;
/** A budget further away than this would let something large slip in. */
const LOOSEST_SHARE = 0.85;

interface Meta {
  readonly outputs: Readonly<Record<string, { readonly inputs: Readonly<Record<string, object>> }>>;
}

/** The files that went into a bundle. */
function contentsOf(name: string): string[] {
  const meta = JSON.parse(readFileSync(join(bundles, `../meta/${name}.json`), 'utf8')) as Meta;
  return Object.values(meta.outputs).flatMap(({ inputs }) => Object.keys(inputs));
}

function packagesOf(name: string): string[] {
  const folders = contentsOf(name).map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? '');
  return [...new Set(folders)].filter((folder) => folder !== '').sort();
}

function codeOf(name: string): string {
  return readFileSync(join(bundles, name, 'index.mjs'), 'utf8');
}

describe('the bundle of', () => {
  it('every function of the vault is looked at', () => {
    expect(functions).toEqual(expect.arrayContaining([...FUNCTION_NAMES]));
    for (const name of kilobytes.keys()) expect(['anyFunction', ...functions]).toContain(name);
  });

  it.each(functions)('%s stays within its budget', (name) => {
    const size = statSync(join(bundles, name, 'index.mjs')).size / 1024;
    const own = kilobytes.get(name);
    expect(size, 'tools/bench/bundle-budgets.json, in KB').toBeLessThanOrEqual(own ?? anyFunction);
    if (own !== undefined) expect(size, 'its budget can be lowered').toBeGreaterThan(own * LOOSEST_SHARE);
  });

  it.each(functions)('%s holds no package twice', (name) => {
    const names = packagesOf(name).map((folder) => folder.replace(/^.*node_modules\//, ''));
    expect(names.length).toBeGreaterThan(2);
    expect(names.filter((found, at) => names.indexOf(found) !== at)).toEqual([]);
  });

  it.each(functions)('%s takes its credentials from the environment alone', (name) => {
    const providers = packagesOf(name).filter((folder) =>
      /credential-provider|token-providers|nested/.test(folder),
    );
    expect(providers).toEqual(['node_modules/@aws-sdk/credential-provider-env']);
  });

  it('access-token knows of no operation of Lambda but the one it calls', () => {
    expect(codeOf('access-token')).toContain('InvocationRequest');
    expect(codeOf('access-token')).not.toMatch(/CreateFunction|UpdateFunctionCode|ListFunctions/);
  });
});
