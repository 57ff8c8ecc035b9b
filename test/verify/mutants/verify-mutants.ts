import { parseArgs } from 'node:util';
import { unlocatedRows } from './locate-change.ts';
import { nameOf } from './mutant.ts';
import { MUTANTS } from './table/mutants.ts';
import { type TrialResult, tryMutants } from './try-mutants.ts';

/**
 * Removes the safeguards of the protocol, one at a time, and prints the test that fails for each. `--short` limits it to those
 * of the short run and the first proof of each, `--only <text>` to the safeguards whose name contains the text.
 */
const { values } = parseArgs({
  options: { short: { type: 'boolean', default: false }, only: { type: 'string', default: '' } },
});
const startedAt = performance.now();
const chosen = MUTANTS.filter(
  ({ safeguard, inShortRun }) => (inShortRun || !values.short) && safeguard.includes(values.only),
);
const trials = chosen.flatMap((mutant) =>
  mutant.noticedBy.slice(0, values.short ? 1 : undefined).map(({ proof, says }) => ({ mutant, proof, says })),
);
const unlocated = unlocatedRows(MUTANTS);
if (unlocated.length > 0) {
  throw new Error(
    `Rows of the table whose place is not in the source exactly once:\n${unlocated.join('\n')}`,
  );
}
const { results, failingProofs, proofs } = await tryMutants(trials, (line) => {
  process.stderr.write(`  ran: ${line}\n`);
});

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function sayResult({ trial, decision, because }: TrialResult): void {
  say(`${decision.padEnd(9)} ${trial.mutant.safeguard}`);
  say(`          by ${nameOf(trial.proof)}`);
  say(`          ${because}`);
}

say('Safeguards, each removed, and the first failure that shows it');
for (const result of results) sayResult(result);
for (const failing of failingProofs) say(`FAILS ON THE CODE AS IT IS  ${failing}`);
const caught = results.filter(({ decision }) => decision === 'caught').length;
say(
  JSON.stringify({
    mutants: chosen.length,
    trials: results.length,
    caught,
    survived: results.length - caught,
    proofs,
    failingProofs: failingProofs.length,
    seconds: Math.round((performance.now() - startedAt) / 100) / 10,
  }),
);
process.exitCode = caught < results.length || failingProofs.length > 0 || results.length === 0 ? 1 : 0;
