import type { CliWorld } from '../../../cli/cli-world.ts';

async function nobody(): Promise<never> {
  throw new Error('This command must not come here.');
}

/** A process from which nothing can be reached and nobody asked. */
export const nowhere: CliWorld = {
  env: {},
  stdout: () => undefined,
  stderr: () => undefined,
  interactive: false,
  ask: nobody,
  readStdin: nobody,
  readFile: nobody,
  credentials: nobody,
  fetch: nobody,
  nowMs: () => Date.UTC(2026, 10, 22, 12),
  sleep: async () => undefined,
};
