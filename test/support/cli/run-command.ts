import type { CliWorld } from '../../../cli/cli-world.ts';
import { runCli } from '../../../cli/main.ts';
import { nowhere } from './nowhere.ts';

export interface CommandEnding {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What a script reads. */
  readonly document: Record<string, unknown>;
}

/** Runs one command line in this process, in a world that is nowhere unless it is given. */
export async function runCommand(
  argv: readonly string[],
  world: Partial<CliWorld> = {},
): Promise<CommandEnding> {
  const printed = { stdout: '', stderr: '' };
  const code = await runCli(argv, {
    ...nowhere,
    stdout: (text) => {
      printed.stdout += text;
    },
    stderr: (text) => {
      printed.stderr += text;
    },
    ...world,
  });
  return {
    code,
    ...printed,
    get document() {
      return JSON.parse(printed.stdout) as Record<string, unknown>;
    },
  };
}
