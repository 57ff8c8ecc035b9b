import { httpDateMs, rfc3339Ms } from '../../core/moment.ts';

/** An answer of IMS as it arrived. It may hold tokens: it never leaves this folder and is never logged. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** At most the first 64 KB. */
  readonly body: Uint8Array;
  /** False when the connection ended early, or when the body is larger than the limit: the reader stops there. */
  readonly complete: boolean;
}

const MAX_BODY_BYTES = 64 * 1024;

/** The answer did not arrive whole. The missing part may hold anything. */
export function isCutOff({ complete, body }: HttpAnswer): boolean {
  return !complete && body.length < MAX_BODY_BYTES;
}

/**
 * Reads what arrives. A body that breaks off is still an answer: its first half may hold the tokens. Once a whole JSON object
 * with a refresh token has arrived, reading stops. Waiting for a wrong length or a missing last chunk would end in a second
 * post, which might end the tokens of the first.
 */
export async function readHttpAnswer(response: Response): Promise<HttpAnswer> {
  const { status, headers } = response;
  const chunks: Uint8Array[] = [];
  let length = 0;
  let complete = false;
  try {
    for await (const chunk of response.body ?? []) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > MAX_BODY_BYTES || bringsRefreshToken(chunks)) break;
    }
    complete = length <= MAX_BODY_BYTES;
  } catch {
    // Broken off or timed out: `complete` says so.
  }
  return { status, headers, body: Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES), complete };
}

const CLOSING_BRACE = 0x7d;
const SPACE = 0x20;

function bringsRefreshToken(chunks: readonly Uint8Array[]): boolean {
  const end = chunks.at(-1)?.findLast((byte) => byte > SPACE);
  if (end !== CLOSING_BRACE) return false;
  return textField(parseFields(Buffer.concat(chunks).toString('utf8')) ?? {}, 'refresh_token') !== undefined;
}

/** IMS's trace of one request, for the log. */
export function debugIdOf(headers: Headers): { readonly debugId?: string } {
  const debugId = headers.get('x-debug-id') ?? '';
  return /^[\x21-\x7e]{1,128}$/.test(debugId) ? { debugId } : {};
}

export type AnswerFields = Readonly<Record<string, unknown>>;

/** The members of a JSON object; undefined for anything else. */
export function parseFields(text: string): AnswerFields | undefined {
  try {
    // RFC 8259 §8.1: a byte order mark is ignored.
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const SALVAGED = ['access_token', 'refresh_token', 'id_token'];
/** RFC 8259 §7, without the control characters that may not stand in it. */
const JSON_STRING = String.raw`"(?:[^"\\\x00-\x1f]|\\.)*"`;

/**
 * Tokens that are complete, with both quotes, in a text that is not valid JSON, such as an answer that broke off. Of
 * two members of one name the last counts, as in valid JSON. The subject is not read: here only a verified ID token may
 * identify the user.
 */
export function salvageTokens(text: string): AnswerFields {
  const found = SALVAGED.flatMap((name) => {
    const all = text.matchAll(new RegExp(`"${name}"\\s*:\\s*(${JSON_STRING})`, 'g'));
    const [, literal] = [...all].at(-1) ?? [];
    return Object.entries(parseFields(`{"${name}":${literal}}`) ?? {});
  });
  return Object.fromEntries(found);
}

/** A member that is a text of at least one character. */
export function textField(fields: AnswerFields, name: string): string | undefined {
  const value = fields[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A whole number above zero, also when written as a decimal string. */
export function positiveNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,16}(\.\d+)?$/.test(value.trim()) ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number > 0 ? Math.floor(number) : undefined;
}

function isFields(value: unknown): value is AnswerFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** How long Adobe's own browser library waits when the answer does not say. */
const DEFAULT_MS = 10_000;
const SHORTEST_MS = 1_000;
const LONGEST_MS = 24 * 3_600_000;

/**
 * How long IMS asks the vault to wait: the header in seconds or as an HTTP date (RFC 9110 §10.2.3), else the body's
 * `retryAfter` in seconds. Undefined when neither can be read.
 */
export function readRetryAfterMs(headers: Headers, fields: AnswerFields, nowMs: number): number | undefined {
  const waitMs = headerMs(headers.get('retry-after'), nowMs) ?? secondsToMs(fields.retryAfter);
  return waitMs === undefined ? undefined : Math.min(Math.max(waitMs, SHORTEST_MS), LONGEST_MS);
}

export const withDefaultWait = (retryAfterMs: number | undefined): number => retryAfterMs ?? DEFAULT_MS;

function headerMs(value: string | null, nowMs: number): number | undefined {
  if (value === null) return undefined;
  if (/^\s*\d+\s*$/.test(value)) return Number(value) * 1_000;
  const atMs = httpDateMs(value) ?? rfc3339Ms(value);
  return atMs === undefined ? undefined : Math.max(0, atMs - nowMs);
}

function secondsToMs(value: unknown): number | undefined {
  const seconds = positiveNumber(value);
  return seconds === undefined ? undefined : seconds * 1_000;
}
