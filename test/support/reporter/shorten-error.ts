import { inspect } from 'node:util';
import type { SerializedError } from 'vitest/node';

const FIRST_LINES = 28;
const LAST_LINES = 12;
const MAX_LINE_CHARACTERS = 200;
/** A property next to message and diff, such as the whole HTTP response that an AWS SDK error carries. */
const MAX_PROPERTY_CHARACTERS = 300;
/** What the reporter reads itself; none of it is printed as a property. */
const STRUCTURE = new Set(['name', 'stack', 'stacks', 'actual', 'expected', 'diffOptions']);

/** Cuts an error in place to what fits on a screen, with its causes. */
export function shortenError(error: SerializedError, seen = new Set<object>()): void {
  if (seen.has(error)) return;
  seen.add(error);
  for (const [name, value] of Object.entries(error)) {
    if (STRUCTURE.has(name)) continue;
    if (name === 'message' || name === 'diff') error[name] = cut(String(value));
    else if (isError(value)) shortenError(value, seen);
    else error[name] = shortProperty(value, seen);
  }
}

function shortProperty(value: unknown, seen: Set<object>): unknown {
  if (Array.isArray(value) && value.every(isError)) {
    for (const error of value) shortenError(error, seen);
    return value;
  }
  const text = typeof value === 'string' ? value : inspect(value, { depth: 2, maxStringLength: 200 });
  if (text.length <= MAX_PROPERTY_CHARACTERS) return value;
  return `${text.slice(0, MAX_PROPERTY_CHARACTERS).replaceAll(/\s+/g, ' ')}…`;
}

function isError(value: unknown): value is SerializedError {
  return typeof value === 'object' && value !== null && 'message' in value && 'stack' in value;
}

/** Keeps the end as well: a diff shows first everything that is missing, then everything that came instead. */
function cut(text: string): string {
  const lines = text.split('\n').map(cutLine);
  const left = lines.length - FIRST_LINES - LAST_LINES;
  if (left <= 1) return lines.join('\n');
  return [...lines.slice(0, FIRST_LINES), `… ${left} more lines`, ...lines.slice(-LAST_LINES)].join('\n');
}

function cutLine(line: string): string {
  const left = line.length - MAX_LINE_CHARACTERS;
  return left <= 0 ? line : `${line.slice(0, MAX_LINE_CHARACTERS)}… ${left} more characters`;
}
