import { usageError } from './cli-error.ts';

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
