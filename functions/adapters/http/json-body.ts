import * as v from 'valibot';
import type { HttpEvent } from './http-event.ts';

const MAX_BODY_BYTES = 16_384;
/** The library's own messages repeat what was received. */
export const UNSPECIFIC = 'is not what was expected.';

export type JsonBody<Value> =
  | { readonly ok: true; readonly value: Value }
  /** `detail` is a sentence for the caller; it repeats nothing of the body but the names the schema knows. */
  | { readonly ok: false; readonly detail: string };

/** Reads and validates a JSON body (RFC 8259), plain or base64 as API Gateway hands it over. */
export function readJsonBody<const Schema extends v.GenericSchema>(
  event: HttpEvent,
  schema: Schema,
): JsonBody<v.InferOutput<Schema>> {
  if (!isJson(event.headers?.['content-type'])) return invalid('Send the body as application/json.');
  const bytes = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length === 0) return invalid('The body is empty; a JSON object was expected.');
  if (bytes.length > MAX_BODY_BYTES) return invalid(`The body is larger than ${MAX_BODY_BYTES} bytes.`);
  const parsed = parseJson(bytes);
  if (parsed === undefined) return invalid('The body is not valid JSON in UTF-8.');
  const result = v.safeParse(schema, parsed.value, { message: UNSPECIFIC });
  return result.success ? { ok: true, value: result.output } : invalid(describeIssues(result.issues));
}

function isJson(contentType: string | undefined): boolean {
  return /^application\/json\s*(;|$)/i.test(contentType?.trim() ?? '');
}

export function parseJson(bytes: Buffer): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) };
  } catch {
    return undefined;
  }
}

export function describeIssues(issues: readonly v.BaseIssue<unknown>[]): string {
  return [...new Set(issues.map(sentenceOf))].join(' ');
}

/** Strict objects report an unknown member under the caller's own name for it: that name is not repeated. */
function sentenceOf(issue: v.BaseIssue<unknown>): string {
  if (issue.type === 'strict_object' && issue.path) {
    return issue.input === undefined
      ? `${v.getDotPath(issue)}: must be given.`
      : 'An unknown member is not accepted.';
  }
  return `${v.getDotPath(issue) ?? 'body'}: ${issue.message}`;
}

const invalid = (detail: string): JsonBody<never> => ({ ok: false, detail });
