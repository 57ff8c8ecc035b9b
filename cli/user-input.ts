import { CliError, usageError } from './cli-error.ts';
import type { CliWorld } from './cli-world.ts';

export interface Confirmation {
  readonly yes: boolean;
  /** What will be gone, and in which vault. Put together only where somebody is there to read it. */
  readonly sentence: () => string | Promise<string>;
  readonly word: string;
  /** The option that answers in advance. */
  readonly flag?: string;
}

/**
 * Lets a destructive command go on: with `--yes`, or with a person who types the word that names what will be gone.
 * @throws CliError exit code 2, with nothing done
 */
export async function confirm(
  world: Pick<CliWorld, 'interactive' | 'ask'>,
  { yes, sentence, word, flag = '--yes' }: Confirmation,
): Promise<void> {
  if (yes) return;
  if (!world.interactive) {
    throw usageError('This needs a confirmation, and nobody is there to give it.', `Add ${flag}.`);
  }
  const answer = await world.ask(`${await sentence()}\nType ${word} to go on: `);
  if (answer?.trim() === word) return;
  throw new CliError('not_confirmed', 'Not confirmed: nothing was done.', { exitCode: 2 });
}

/**
 * Who asks a person needs stdin for the answer: what is read from it as a file is over by then.
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

/** A file, or stdin for `-`. What it holds may be secret: nothing of it gets into an error. */
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
