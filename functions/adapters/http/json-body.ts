import * as v from 'valibot';
import type { HttpEvent } from './http-event.ts';

const MAX_BODY_BYTES = 16_384;
const JSON_TYPE = /^application\/json\s*(;|$)/i;
const JSON_LINES_TYPE = /^application\/(x-ndjson|jsonl)\s*(;|$)/i;
const NEWLINE = 0x0a;
const SPACE = 0x20;
/** The library's own messages repeat what was received. */
const UNSPECIFIC = 'is not what was expected.';

/** `detail` is a sentence for the caller. It repeats nothing of the body except the names that the schema knows. */
interface InvalidBody {
  readonly kind: 'invalid';
  readonly detail: string;
}

export type JsonBody<Value> = { readonly kind: 'valid'; readonly value: Value } | InvalidBody;

/** Reads and validates a JSON body (RFC 8259), plain or base64 as API Gateway passes it on. */
export function readJsonBody<const Schema extends v.GenericSchema>(
  event: HttpEvent,
  schema: Schema,
): JsonBody<v.InferOutput<Schema>> {
  if (!hasType(event, JSON_TYPE)) return invalid('Send the body as application/json.');
  const bytes = bytesOf(event);
  if (bytes.length === 0) return invalid('The body is empty; a JSON object was expected.');
  if (bytes.length > MAX_BODY_BYTES) return invalid(`The body is larger than ${MAX_BODY_BYTES} bytes.`);
  const parsed = parseJson(bytes);
  if (parsed === undefined) return invalid('The body is not valid JSON in UTF-8.');
  const result = v.safeParse(schema, parsed.value, { message: UNSPECIFIC });
  return result.success ? { kind: 'valid', value: result.output } : invalid(describeIssues(result.issues));
}

export interface JsonLinesLimits {
  readonly maxLines: number;
  readonly maxLineBytes: number;
}

interface ValidLine<Value> {
  readonly kind: 'valid';
  readonly value: Value;
}

interface InvalidLine {
  readonly kind: 'invalid';
  readonly reason: 'line_not_json' | 'line_too_long' | 'member_invalid';
  /** Repeats nothing of the line except the names that the schema knows. */
  readonly detail: string;
  /** The parsed line, if it is JSON. */
  readonly parsed?: unknown;
}

/** A line of the body, counted from 1. Empty lines are left out. */
export type JsonLine<Value> = { readonly line: number } & (ValidLine<Value> | InvalidLine);

export type JsonLines<Value> =
  | { readonly kind: 'valid'; readonly lines: readonly JsonLine<Value>[] }
  | InvalidBody;

/** Reads a body of JSON lines (https://jsonlines.org). An invalid line affects no other line. */
export function readJsonLines<const Schema extends v.GenericSchema>(
  event: HttpEvent,
  schema: Schema,
  { maxLines, maxLineBytes }: JsonLinesLimits,
): JsonLines<v.InferOutput<Schema>> {
  if (!hasType(event, JSON_LINES_TYPE)) {
    return invalid('Send the body as application/x-ndjson or application/jsonl.');
  }
  const lines = splitLines(bytesOf(event)).filter(({ bytes }) => bytes.some((byte) => byte > SPACE));
  if (lines.length === 0) return invalid('The body is empty; one JSON object per line was expected.');
  if (lines.length > maxLines) return invalid(`The body has more than ${maxLines} lines.`);
  return {
    kind: 'valid',
    lines: lines.map(({ line, bytes }) => ({ line, ...readLine(bytes, schema, maxLineBytes) })),
  };
}

function splitLines(bytes: Buffer): readonly { readonly line: number; readonly bytes: Buffer }[] {
  const lines = [];
  for (let from = 0, line = 1; from <= bytes.length; line++) {
    const newline = bytes.indexOf(NEWLINE, from);
    const to = newline === -1 ? bytes.length : newline;
    lines.push({ line, bytes: bytes.subarray(from, to) });
    from = to + 1;
  }
  return lines;
}

function readLine<const Schema extends v.GenericSchema>(
  bytes: Buffer,
  schema: Schema,
  maxLineBytes: number,
): ValidLine<v.InferOutput<Schema>> | InvalidLine {
  if (bytes.length > maxLineBytes) {
    const detail = `The line is longer than ${maxLineBytes} bytes.`;
    return { kind: 'invalid', reason: 'line_too_long', detail };
  }
  const parsed = parseJson(bytes);
  if (parsed === undefined) {
    return { kind: 'invalid', reason: 'line_not_json', detail: 'The line is not valid JSON in UTF-8.' };
  }
  const result = v.safeParse(schema, parsed.value, { message: UNSPECIFIC });
  if (result.success) return { kind: 'valid', value: result.output };
  const detail = describeIssues(result.issues);
  return { kind: 'invalid', reason: 'member_invalid', detail, parsed: parsed.value };
}

function hasType({ headers }: HttpEvent, mediaType: RegExp): boolean {
  return mediaType.test(headers?.['content-type']?.trim() ?? '');
}

function bytesOf({ body, isBase64Encoded }: HttpEvent): Buffer {
  return Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8');
}

function parseJson(bytes: Buffer): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) };
  } catch {
    return undefined;
  }
}

function describeIssues(issues: readonly v.BaseIssue<unknown>[]): string {
  return [...new Set(issues.map(sentenceOf))].join(' ');
}

/** A strict object reports an unknown member under the name that the caller gave it. That name is not repeated. */
function sentenceOf(issue: v.BaseIssue<unknown>): string {
  if (issue.type === 'strict_object' && issue.path) {
    return issue.input === undefined
      ? `${v.getDotPath(issue)}: must be given.`
      : 'An unknown member is not accepted.';
  }
  return `${v.getDotPath(issue) ?? 'body'}: ${issue.message}`;
}

function invalid(detail: string): InvalidBody {
  return { kind: 'invalid', detail };
}
