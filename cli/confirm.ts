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
