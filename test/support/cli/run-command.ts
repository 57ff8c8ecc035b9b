import type { CliWorld } from '../../../functions/cli/cli-world.ts';
import { runCli } from '../../../functions/cli/main.ts';

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
  const nowhere = async (): Promise<never> => {
    throw new Error('This command must not come here.');
  };
  const code = await runCli(argv, {
    env: {},
    stdout: (text) => {
      printed.stdout += text;
    },
    stderr: (text) => {
      printed.stderr += text;
    },
    interactive: false,
    ask: nowhere,
    readStdin: nowhere,
    readFile: nowhere,
    credentials: nowhere,
    fetch: nowhere,
    nowMs: () => Date.UTC(2026, 10, 22, 12),
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
