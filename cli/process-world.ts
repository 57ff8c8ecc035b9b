import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { defaultCredentials } from '../functions/adapters/aws/configuration.ts';
import { receiveAt } from './browser-inbox.ts';
import type { CliWorld } from './cli-world.ts';

type Process = Pick<NodeJS.Process, 'env' | 'stdin' | 'stdout' | 'stderr'>;

/** The real process. Questions go to stderr: stdout belongs to the result. */
export function processWorld({ env, stdin, stdout, stderr }: Process): CliWorld {
  return {
    env,
    stdout: (printed) => void stdout.write(printed),
    stderr: (printed) => void stderr.write(printed),
    interactive: stdin.isTTY === true && stderr.isTTY === true,
    ask: (question, signal) => askUser(stdin, stderr, question, signal),
    onInterrupt,
    receiveAt,
    readStdin: () => text(stdin),
    readFile: (path) => readFile(path, 'utf8'),
    credentials: defaultCredentials(),
    credentialsOf: defaultCredentials,
    fetch: globalThis.fetch,
    nowMs: Date.now,
    sleep: async (durationMs, signal) => {
      await sleep(durationMs, undefined, signal && { signal }).catch((error: unknown) => {
        if (signal?.aborted !== true) throw error;
      });
    },
  };
}

/** A second Ctrl-C ends the process at once. */
function onInterrupt(leave: () => void): () => void {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const stop = () => {
    for (const signal of signals) process.removeListener(signal, left);
  };
  const left = () => {
    stop();
    leave();
  };
  for (const signal of signals) process.on(signal, left);
  return stop;
}

/**
 * Reads one line; `undefined` when the user leaves with Ctrl-C or Ctrl-D. Readline then rejects, or only closes, and does not
 * report a stream that had ended before: a command would hang, or end with a stack trace.
 */
export async function askUser(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  question: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  if (!input.readable) return undefined;
  const lines = createInterface({ input, output });
  const gone = once(lines, 'close').then(() => undefined);
  try {
    return await Promise.race([lines.question(question, { ...(signal && { signal }) }), gone]);
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') return undefined;
    throw error;
  } finally {
    lines.close();
  }
}
