import { CliError, usageError } from './cli-error.ts';
import type { CliWorld } from './cli-world.ts';

export interface Confirmation {
  readonly yes: boolean;
  /** What will be gone, and in which vault. Built only where a user is there to read it. */
  readonly sentence: () => string | Promise<string>;
  readonly word: string;
  /** The option that answers in advance. */
  readonly flag?: string;
}

/**
 * Lets a destructive command continue: with `--yes`, or after the user typed the word that names what will be gone.
 * @throws CliError exit code 2, with nothing done
 */
export async function confirm(
  world: Pick<CliWorld, 'interactive' | 'ask'>,
  { yes, sentence, word, flag = '--yes' }: Confirmation,
): Promise<void> {
  if (yes) return;
  if (!world.interactive) {
    throw usageError('This command needs a confirmation, and stdin is not a terminal.', `Add ${flag}.`);
  }
  const answer = await world.ask(`${await sentence()}\nType ${word} to continue: `);
  if (answer?.trim() === word) return;
  throw new CliError('not_confirmed', 'Not confirmed. Nothing was done.', { exitCode: 2 });
}

/**
 * A command that asks its user reads the answer from stdin, so stdin cannot be its input file as well.
 * @throws CliError exit code 2, before anything was read
 */
export function keepStdinForAnswer(
  files: readonly (string | undefined)[],
  { yes, flag = '--yes' }: { readonly yes: boolean; readonly flag?: string },
): void {
  if (yes || !files.includes('-')) return;
  throw usageError(
    'stdin cannot hold both the file and the answer to a question.',
    `Name a file instead of -, or add ${flag}.`,
  );
}

/** A file, or stdin for `-`. Its content may be secret, so no error quotes it. */
export async function readInput(
  { readFile, readStdin }: Pick<CliWorld, 'readFile' | 'readStdin'>,
  path: string,
): Promise<string> {
  if (path === '-') return readStdin();
  try {
    return await readFile(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new CliError('file_unreadable', `${path} could not be read (${code}).`, { exitCode: 2 });
  }
}
