import type { Command } from 'commander';
import { createProgram } from '../../../cli/program.ts';
import { nowhere } from './nowhere.ts';

/** The command line as it is without anything of a machine's environment. */
export function documentedProgram(): Command {
  return createProgram(nowhere, () => undefined);
}
