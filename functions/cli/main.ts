import { CommanderError } from 'commander';
import type { CliWorld } from './cli-world.ts';
import { EXIT_CODES, type ExitCode } from './exit-codes.ts';
import { type ExplainedError, explainError } from './explain-error.ts';
import { printableLines } from './printable.ts';
import { createProgram } from './program.ts';

/** Runs one command line. Answers the exit code; never throws for anything a user can cause. */
export async function runCli(argv: readonly string[], world: CliWorld): Promise<ExitCode> {
  const ending: { code: ExitCode } = { code: EXIT_CODES.ok };
  const program = createProgram(world, (code) => {
    ending.code = code;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return ending.code;
  } catch (error) {
    // Help and version end this way as well. What is wrong has been printed already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage;
    const explained = explainError(error);
    if (explained === undefined) throw error;
    printError(world, explained, argv.includes('--json'));
    return explained.exitCode;
  }
}

function printError(world: CliWorld, { code, message, remedy }: ExplainedError, json: boolean): void {
  if (json) {
    const document = { error: { code, message, ...(remedy !== undefined && { remedy }) } };
    world.stdout(`${JSON.stringify(document, undefined, 2)}\n`);
    return;
  }
  world.stderr(`${printableLines(remedy === undefined ? message : `${message}\n${remedy}`)}\n`);
}
