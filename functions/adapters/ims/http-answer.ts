import { parseFields, textField } from './answer-fields.ts';

/** An answer of IMS as it came over the wire. It may hold tokens: it never leaves this folder and is never logged. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** At most the first 64 KB. */
  readonly body: Uint8Array;
  /** False when the connection ended early, or the body is larger than what is read. */
  readonly complete: boolean;
}

const MAX_BODY_BYTES = 64 * 1024;

/** The answer did not arrive whole: what is missing may be anything. */
export function isCutOff({ complete, body }: HttpAnswer): boolean {
  return !complete && body.length < MAX_BODY_BYTES;
}

/**
 * Reads what there is. A body that breaks off is still an answer: the tokens may stand in its first half. Where a
 * whole JSON object brings a refresh token, no end is waited for: with a length that is too long, or a last chunk that never
 * comes, a second post would follow and might end what the first one brought.
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
