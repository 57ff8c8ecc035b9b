import type { Change } from './changes.ts';

/** One safeguard of the protocol, taken out of the source as it is loaded. Nothing in `functions/` knows of it. */
export interface Mutant {
  /** The safeguard, and what happens without it. */
  readonly safeguard: string;
  readonly changes: readonly Change[];
  /** The short run uses the first of them only. */
  readonly noticedBy: readonly Noticed[];
  /** Whether `npm test` shows that its loss is noticed, too. */
  readonly inShortRun?: true;
}

export interface Noticed {
  readonly proof: Proof;
  /** Part of the name or message of the test that has to fail: a failure for another reason proves nothing. */
  readonly says: string;
}

/** A test that passes on the code as it is and has to fail on the mutant. */
export type Proof =
  | { readonly kind: 'test file'; readonly file: string }
  | { readonly kind: 'crash points'; readonly scenario: string; readonly modes: readonly string[] }
  /** `grace`: with one of a minute. */
  | { readonly kind: 'answers'; readonly scenario: string; readonly modes: readonly string[] }
  | { readonly kind: 'races'; readonly runs: number; readonly seed: number }
  | { readonly kind: 'bad hour'; readonly condition: 'slow' | 'lossy'; readonly connections: number };

export function nameOf(proof: Proof): string {
  switch (proof.kind) {
    case 'test file':
      return proof.file;
    case 'crash points':
      return `crash points: ${proof.scenario} (${proof.modes.join(', ')})`;
    case 'answers':
      return `answers of IMS: ${proof.scenario} (${proof.modes.join(', ')})`;
    case 'races':
      return `races: ${proof.runs} of seed ${proof.seed}`;
    case 'bad hour':
      return `an hour of ${proof.condition} answers over ${proof.connections} connections`;
  }
}
