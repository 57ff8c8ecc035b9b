import { EVERYTHING_GRANTED } from '../connection/sealed-token.ts';

/** The scope sets that may be vended: everything granted, and the narrower ones the settings list. */
export interface ScopeSets {
  readonly all: readonly string[];
  /** The narrower ones, each as the list that a caller asks for. */
  readonly narrower: readonly (readonly string[])[];
  /** The scope set a caller means; absent when it is not one of `all`. Order and repetition do not matter. */
  resolve(scopes: string | undefined): string | undefined;
}

export function createScopeSets(configured: readonly string[]): ScopeSets {
  const all = [...new Set([EVERYTHING_GRANTED, ...configured.map(canonicalScopeSet)])];
  return {
    all,
    narrower: all.filter((set) => set !== EVERYTHING_GRANTED).map((set) => set.split(' ')),
    resolve: (scopes) => {
      const asked = scopes === undefined ? EVERYTHING_GRANTED : canonicalScopeSet(scopes);
      return all.includes(asked) ? asked : undefined;
    },
  };
}

/** Sorted, without repetition, space-delimited. Adobe's own documents also write scopes with commas. */
export function canonicalScopeSet(scopes: string): string {
  return [...new Set(scopes.split(/[\s,]+/).filter((scope) => scope !== ''))].sort().join(' ');
}
