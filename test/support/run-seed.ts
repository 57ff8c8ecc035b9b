import { randomInt } from 'node:crypto';

const SEEDS = 1_000_000_000;

export interface SeededRun {
  /** The npm script. */
  readonly script: string;
  /** What `--seed` said; absent: a fresh one is drawn. */
  readonly given: string | undefined;
  /** All that stands behind the script's name. */
  readonly args?: readonly string[];
  readonly say?: (line: string) => void;
}

/** The seed of a run that is started by hand, and the line that starts the same run again. */
export function seedOfRun({
  script,
  given,
  args = process.argv.slice(2),
  say = toStderr,
}: SeededRun): number {
  const seed = given === undefined ? randomInt(SEEDS) : Number(given);
  if (!Number.isSafeInteger(seed) || seed < 0 || given === '') {
    throw new RangeError(`--seed must be a whole number from 0, not "${given}".`);
  }
  say(`Seed ${seed}. Again: npm run ${[script, '--', ...withoutSeed(args), '--seed', seed].join(' ')}`);
  return seed;
}

function withoutSeed(args: readonly string[]): readonly string[] {
  const at = args.findIndex((arg) => arg === '--seed' || arg.startsWith('--seed='));
  return at < 0 ? args : args.toSpliced(at, args[at] === '--seed' ? 2 : 1);
}

function toStderr(line: string): void {
  process.stderr.write(`${line}\n`);
}
