import { CommanderError } from 'commander';
import { EXIT_CODES, type ExitCode } from './cli-error.ts';
import type { CliWorld } from './cli-world.ts';
import { type ExplainedError, explainError } from './explain-error.ts';
import { printableLines } from './output.ts';
import { createProgram } from './program.ts';

/** Runs one command line and returns its exit code. Throws bugs only, never what a user can cause. */
export async function runCli(argv: readonly string[], world: CliWorld): Promise<ExitCode> {
  const ending: { code: ExitCode } = { code: EXIT_CODES.ok };
  const program = createProgram(world, (code) => {
    ending.code = code;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return ending.code;
  } catch (error) {
    const json = argv.includes('--json');
    if (error instanceof CommanderError) return endOfUsage(world, error, json);
    const explained = explainError(error);
    if (explained === undefined) throw error;
    printError(world, explained, json);
    return explained.exitCode;
  }
}

/** Help ends this way as well. The message is on stderr already; with `--json`, the document still has to be printed. */
function endOfUsage(world: CliWorld, error: CommanderError, json: boolean): ExitCode {
  if (error.exitCode === 0) return EXIT_CODES.ok;
  const explained = explainUsage(error);
  if (json) printError(world, explained, json);
  return explained.exitCode;
}

function printError(world: CliWorld, { code, message, remedy }: ExplainedError, json: boolean): void {
  if (json) {
    const document = { error: { code, message, ...(remedy !== undefined && { remedy }) } };
    world.stdout(`${JSON.stringify(document, undefined, 2)}\n`);
    return;
  }
  world.stderr(`${printableLines(remedy === undefined ? message : `${message}\n${remedy}`)}\n`);
}

/** What is wrong with a command line, for scripts. Commander has printed it for people by then. */
function explainUsage({ code, message }: CommanderError): ExplainedError {
  return {
    code: 'usage',
    // Without a command, commander prints the help and gives no message.
    message: code === 'commander.help' ? 'A command is missing.' : message.replace(/^error: /, ''),
    exitCode: EXIT_CODES.usage,
  };
}
