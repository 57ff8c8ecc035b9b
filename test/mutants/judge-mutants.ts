import { join } from 'node:path';
import { ROOT, sourceOf } from './bundle-proof.ts';
import { edited, type Mutant, nameOf, type Proof } from './mutant.ts';
import { type ProofResult, type ProofRun, runProofs } from './run-proofs.ts';

export interface MutantResult {
  readonly mutant: Mutant;
  readonly verdict: 'caught' | 'SURVIVED' | 'BROKEN';
  /** The failure that caught it, or what is wrong, in one line. */
  readonly because: string;
}

export interface MutantReport {
  readonly results: readonly MutantResult[];
  /** Proofs that fail on the code as it is: they prove nothing. */
  readonly failingProofs: readonly string[];
  readonly proofs: number;
}

/** An edit that does not make sense is no mutant: its proof would fail whatever the guard is for. */
const NONSENSE = /\b(ReferenceError|SyntaxError|is not defined|is not a function|Cannot read propert)/;

/** Runs each proof once on the code as it is, and once on every mutant it is to catch. */
export async function judgeMutants(
  mutants: readonly Mutant[],
  progress: (line: string) => void,
): Promise<MutantReport> {
  const proofs = distinctProofs(mutants);
  const unmutated: ProofRun[] = proofs.map((proof) => ({ proof, edits: [] }));
  const mutated: ProofRun[] = mutants.map(({ proof, edits }) => ({ proof, edits }));
  const results = await runProofs([...unmutated, ...mutated], (at) =>
    progress(mutants[at - proofs.length]?.guard ?? 'the code as it is'),
  );
  const failingProofs = results.slice(0, proofs.length).flatMap((result, at) => {
    const [failure] = result.failures;
    const proof = proofs[at];
    if (!proof || (!failure && result.passed > 0)) return [];
    return [`${nameOf(proof)}: ${failure ? oneLine(failure) : 'no test'}`];
  });
  return {
    results: mutants.flatMap((mutant, at) => {
      const result = results[proofs.length + at];
      return result ? [judged(mutant, result)] : [];
    }),
    failingProofs,
    proofs: proofs.length,
  };
}

function judged(mutant: Mutant, { failures }: ProofResult): MutantResult {
  const [first] = failures;
  if (!first) return { mutant, verdict: 'SURVIVED', because: 'its proof passes all the same' };
  const telling = failures.find((failure) => `${failure.test}: ${failure.message}`.includes(mutant.says));
  if (!telling)
    return { mutant, verdict: 'SURVIVED', because: `fails for another reason: ${oneLine(first)}` };
  const nonsense = NONSENSE.test(telling.message);
  return { mutant, verdict: nonsense ? 'BROKEN' : 'caught', because: oneLine(telling, mutant.says) };
}

/** The line of the message that says it, else its first. */
function oneLine({ test, message }: ProofResult['failures'][number], says?: string): string {
  const lines = message.split('\n');
  return `${test}: ${lines.find((line) => says !== undefined && line.includes(says)) ?? lines[0]}`;
}

function distinctProofs(mutants: readonly Mutant[]): readonly Proof[] {
  return [...new Map(mutants.map(({ proof }) => [nameOf(proof), proof])).values()];
}

/** Entries that no longer match their source, in words. Empty is good. */
export async function staleEntries(mutants: readonly Mutant[]): Promise<readonly string[]> {
  const stale = await Promise.all(
    mutants.map(async ({ guard, edits }) => {
      try {
        for (const edit of edits) edited(await sourceOf(join(ROOT, edit.file)), edit);
        return [];
      } catch (error) {
        return [`${guard}: ${error instanceof Error ? error.message : String(error)}`];
      }
    }),
  );
  return stale.flat();
}
