import * as v from 'valibot';
import type { HttpEvent } from './http-event.ts';
import { describeIssues, parseJson, UNSPECIFIC } from './json-body.ts';

export interface JsonLinesLimits {
  readonly maxLines: number;
  readonly maxLineBytes: number;
}

/** A line of the body, counted from 1; empty ones are left out. */
export type JsonLine<Value> = { readonly line: number } & (
  | { readonly ok: true; readonly value: Value }
  | {
      readonly ok: false;
      readonly reason: 'line_not_json' | 'line_too_long' | 'member_invalid';
      /** Repeats nothing of the line but the names the schema knows. */
      readonly detail: string;
      /** As it was parsed, if it could be. */
      readonly parsed?: unknown;
    }
);

export type JsonLines<Value> =
  | { readonly ok: true; readonly lines: readonly JsonLine<Value>[] }
  | { readonly ok: false; readonly detail: string };

const MEDIA_TYPE = /^application\/(x-ndjson|jsonl)\s*(;|$)/i;

/** Reads a body of JSON lines (https://jsonlines.org). A bad line spoils itself alone; a body that is none is refused as a whole. */
export function readJsonLines<const Schema extends v.GenericSchema>(
  event: HttpEvent,
  schema: Schema,
  { maxLines, maxLineBytes }: JsonLinesLimits,
): JsonLines<v.InferOutput<Schema>> {
  if (!MEDIA_TYPE.test(event.headers?.['content-type']?.trim() ?? '')) {
    return invalid('Send the body as application/x-ndjson or application/jsonl.');
  }
  const bytes = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  const lines = splitLines(bytes).filter(({ bytes: line }) => line.some((byte) => byte > SPACE));
  if (lines.length === 0) return invalid('The body is empty; one JSON object per line was expected.');
  if (lines.length > maxLines) return invalid(`The body has more than ${maxLines} lines.`);
  return {
    ok: true,
    lines: lines.map(({ line, bytes: text }) => ({ line, ...readLine(text, schema, maxLineBytes) })),
  };
}

const NEWLINE = 0x0a;
const SPACE = 0x20;

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
): Omit<Extract<JsonLine<v.InferOutput<Schema>>, { ok: true }>, 'line'> | Omit<BadLine, 'line'> {
  if (bytes.length > maxLineBytes) {
    return { ok: false, reason: 'line_too_long', detail: `The line is longer than ${maxLineBytes} bytes.` };
  }
  const parsed = parseJson(bytes);
  if (parsed === undefined) {
    return { ok: false, reason: 'line_not_json', detail: 'The line is not valid JSON in UTF-8.' };
  }
  const result = v.safeParse(schema, parsed.value, { message: UNSPECIFIC });
  return result.success
    ? { ok: true, value: result.output }
    : {
        ok: false,
        reason: 'member_invalid',
        detail: describeIssues(result.issues),
        parsed: parsed.value,
      };
}

type BadLine = Extract<JsonLine<never>, { ok: false }>;

const invalid = (detail: string): JsonLines<never> => ({ ok: false, detail });
