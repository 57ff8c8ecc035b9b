import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';

/**
 * One line of an answer; `undefined` when the person leaves instead, with Ctrl-C or Ctrl-D. Readline rejects then, or only
 * closes, and says nothing at all of a stream that had ended before: a command would hang or break off with a stack trace.
 */
export async function askPerson(
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
