import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { defaultCredentials } from '../functions/adapters/aws/configuration.ts';
import type { CliWorld } from './cli-world.ts';

type Process = Pick<NodeJS.Process, 'env' | 'stdin' | 'stdout' | 'stderr'>;

/** The real process. Questions go to stderr: stdout belongs to the result. */
export function processWorld({ env, stdin, stdout, stderr }: Process): CliWorld {
  return {
    env,
    stdout: (printed) => void stdout.write(printed),
    stderr: (printed) => void stderr.write(printed),
    interactive: stdin.isTTY === true && stderr.isTTY === true,
    ask: (question) => askUser(stdin, stderr, question),
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

/**
 * Reads one line; `undefined` when the user leaves with Ctrl-C or Ctrl-D. Readline then rejects, or only closes, and does not
 * report a stream that had ended before: a command would hang, or end with a stack trace.
 */
export async function askUser(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  question: string,
): Promise<string | undefined> {
  if (!input.readable) return undefined;
  const lines = createInterface({ input, output });
  const gone = once(lines, 'close').then(() => undefined);
  try {
    return await Promise.race([lines.question(question), gone]);
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') return undefined;
    throw error;
  } finally {
    lines.close();
  }
}
