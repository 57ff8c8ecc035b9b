import { locateChange } from './locate-change.ts';
import { type Mutant, type Noticed, nameOf, type Proof } from './mutant.ts';
import { type ProofResult, type ProofRun, runProofs } from './run-proofs.ts';

export interface Trial extends Noticed {
  readonly mutant: Mutant;
}

export interface TrialResult {
  readonly trial: Trial;
  readonly decision: 'caught' | 'SURVIVED' | 'BROKEN';
  /** The failure that caught it, or what is wrong, in one line. */
  readonly because: string;
}

export interface MutantReport {
  readonly results: readonly TrialResult[];
  /** Proofs that fail on the code as it is: they prove nothing. */
  readonly failingProofs: readonly string[];
  readonly proofs: number;
}

/** A change that leaves code that cannot run is not a mutant: any proof would fail on it. */
const NONSENSE = /\b(ReferenceError|SyntaxError|is not defined|is not a function|Cannot read propert)/;

/** Runs each proof once on the code as it is, and once on every mutant that it has to catch. */
export async function tryMutants(
  trials: readonly Trial[],
  progress: (line: string) => void,
): Promise<MutantReport> {
  const proofs = distinctProofs(trials);
  const unmutated: ProofRun[] = proofs.map((proof) => ({ proof, edits: [] }));
  const mutated: ProofRun[] = trials.map(({ proof, mutant: { changes } }) => ({
    proof,
    edits: changes.map(locateChange),
  }));
  const results = await runProofs([...unmutated, ...mutated], (at) => {
    const proof = proofs[at];
    progress(
      proof ? `the code as it is, by ${nameOf(proof)}` : (trials[at - proofs.length]?.mutant.safeguard ?? ''),
    );
  });
  const failingProofs = proofs.flatMap((proof, at) => {
    const { passed = 0, failures = [] } = results[at] ?? {};
    const [failure] = failures;
    if (!failure && passed > 0) return [];
    return [`${nameOf(proof)}: ${failure ? oneLine(failure) : 'no test'}`];
  });
  return {
    results: trials.flatMap((trial, at) => {
      const result = results[proofs.length + at];
      return result ? [classified(trial, result)] : [];
    }),
    failingProofs,
    proofs: proofs.length,
  };
}

function classified(trial: Trial, { failures }: ProofResult): TrialResult {
  const [first] = failures;
  if (!first) return { trial, decision: 'SURVIVED', because: 'its proof still passes' };
  const expected = failures.find((failure) => `${failure.test}: ${failure.message}`.includes(trial.says));
  if (!expected)
    return { trial, decision: 'SURVIVED', because: `fails for another reason: ${oneLine(first)}` };
  const nonsense = NONSENSE.test(expected.message);
  return { trial, decision: nonsense ? 'BROKEN' : 'caught', because: oneLine(expected, trial.says) };
}

/** The line of the message that has the expected text, otherwise the first line. */
function oneLine({ test, message }: ProofResult['failures'][number], says?: string): string {
  const lines = message.split('\n');
  return `${test}: ${lines.find((line) => says !== undefined && line.includes(says)) ?? lines[0]}`;
}

function distinctProofs(trials: readonly Trial[]): readonly Proof[] {
  return [...new Map(trials.map(({ proof }) => [nameOf(proof), proof])).values()];
}
