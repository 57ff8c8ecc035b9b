import type { CliWorld } from '../../../cli/cli-world.ts';

async function unreachable(): Promise<never> {
  throw new Error('This command must not come here.');
}

/** A process that can reach no service and has no user to ask. */
export const nowhere: CliWorld = {
  env: {},
  stdout: () => undefined,
  stderr: () => undefined,
  interactive: false,
  ask: unreachable,
  onInterrupt: () => () => undefined,
  receiveAt: async () => undefined,
  readStdin: unreachable,
  readFile: unreachable,
  credentials: unreachable,
  credentialsOf: () => unreachable,
  fetch: unreachable,
  nowMs: () => Date.UTC(2026, 10, 22, 12),
  sleep: async () => undefined,
};
