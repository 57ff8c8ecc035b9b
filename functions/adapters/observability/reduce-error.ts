import { PlatformError } from '../../core/platform-error.ts';

/** What is told of an error. */
export type ReducedError = Readonly<Record<string, string | readonly string[]>>;

/** Names and codes, not sentences: anything else might repeat what somebody else put into an error. */
const WORD = /^[A-Za-z0-9_.$-]{1,80}$/;
const MAX_FRAMES = 15;

/**
 * Reduces an error to its name, code, reason and stack. Its cause is left out (an OAuth library puts the whole token
 * response there) and so are other people's messages (JSON.parse repeats its input); ours are fixed sentences.
 */
export function reduceError(error: unknown): ReducedError {
  if (!(error instanceof Error)) return { name: typeof error };
  const own = error instanceof PlatformError ? { message: error.message } : {};
  const stack = framesOf(error);
  return {
    ...word('name', error.name),
    ...own,
    ...word('code', memberOf(error, 'code')),
    ...word('reason', memberOf(error, 'reason')),
    ...(stack.length === 0 ? {} : { stack }),
  };
}

/** The frames alone: a stack begins with the message, which may have lines of its own. */
function framesOf({ stack = '', message }: Error): readonly string[] {
  const at = stack.indexOf(message);
  const rest = message === '' || at === -1 ? stack : stack.slice(at + message.length);
  return rest
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^at [^\s].*:\d+:\d+\)?$/.test(line))
    .slice(0, MAX_FRAMES);
}

const memberOf = (error: Error, name: string): unknown =>
  name in error ? (error as Error & Record<string, unknown>)[name] : undefined;

const word = (name: string, value: unknown): Readonly<Record<string, string>> =>
  typeof value === 'string' && WORD.test(value) ? { [name]: value } : {};
