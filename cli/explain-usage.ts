import type { CommanderError } from 'commander';
import { EXIT_CODES } from './exit-codes.ts';
import type { ExplainedError } from './explain-error.ts';

/** What is wrong with a command line, for scripts; people have been told by then. */
export function explainUsage({ code, message }: CommanderError): ExplainedError {
  return {
    code: 'usage',
    // Without a command the help is printed, and that is all the error says.
    message: code === 'commander.help' ? 'There is no command.' : message.replace(/^error: /, ''),
    exitCode: EXIT_CODES.usage,
  };
}
