import type { Command } from 'commander';
import { createProgram } from '../../../functions/cli/program.ts';

/** The command line as it is without anything of a machine's environment. */
export function documentedProgram(): Command {
  const nowhere = async (): Promise<never> => {
    throw new Error('Nothing is run.');
  };
  const world = {
    env: {},
    stdout: () => undefined,
    stderr: () => undefined,
    interactive: false,
    ask: nowhere,
    readStdin: nowhere,
    readFile: nowhere,
    credentials: nowhere,
    fetch: nowhere,
    nowMs: () => 0,
  };
  return createProgram(world, () => undefined);
}
