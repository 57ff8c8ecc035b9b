import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { defaultCredentials } from '../functions/adapters/aws/configuration.ts';
import { askPerson } from './ask-person.ts';
import type { CliWorld } from './cli-world.ts';

type Process = Pick<NodeJS.Process, 'env' | 'stdin' | 'stdout' | 'stderr'>;

/** The real process. Questions go to stderr: stdout belongs to the result. */
export function processWorld({ env, stdin, stdout, stderr }: Process): CliWorld {
  return {
    env,
    stdout: (printed) => void stdout.write(printed),
    stderr: (printed) => void stderr.write(printed),
    interactive: stdin.isTTY === true && stderr.isTTY === true,
    ask: (question) => askPerson(stdin, stderr, question),
    readStdin: () => text(stdin),
    readFile: (path) => readFile(path, 'utf8'),
    credentials: defaultCredentials(),
    fetch: globalThis.fetch,
    nowMs: Date.now,
    sleep: async (durationMs) => {
      await sleep(durationMs);
    },
  };
}
