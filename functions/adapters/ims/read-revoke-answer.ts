import type { RevokeAnswer } from '../../core/ports/ims.ts';
import { parseFields } from './answer-fields.ts';
import { readErrorCode } from './read-token-error.ts';
import { readRetryAfterMs } from './retry-after.ts';
import type { HeardAnswer } from './send-and-read.ts';

/** Errors that speak of the token: it is gone. Any other word refuses the request, and the token may be alive. */
const GONE = new Set([
  'invalid_token',
  'invalid_grant',
  'access_denied',
  'token_expired',
  'expired_token',
  'token_revoked',
]);
const BAD_CLIENT = new Set(['invalid_client', 'unauthorized_client']);

/** RFC 7009 §2.2: an unknown token is a success too. IMS documents 200 only; a 400 without an error is taken for "already gone". */
export function readRevokeAnswer(heard: HeardAnswer, nowMs: number): RevokeAnswer {
  if (heard.kind === 'nothing') return { kind: 'retry' };
  const { status, headers, body, complete } = heard.answer;
  if (status >= 200 && status <= 299) return { kind: 'revoked' };
  const fields = parseFields(Buffer.from(body).toString('utf8')) ?? {};
  const error = readErrorCode(fields);
  if (status === 401) return { kind: 'misconfigured', error: error ?? 'unauthorized' };
  if (status === 400 && complete) {
    if (error !== undefined && BAD_CLIENT.has(error)) return { kind: 'misconfigured', error };
    if (error === undefined ? isMissing(fields.error) : GONE.has(error)) return { kind: 'already-gone' };
  }
  const retryAfterMs = readRetryAfterMs(headers, fields, nowMs);
  return {
    kind: 'retry',
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(status === 400 && error !== undefined && { error }),
  };
}

/** An error that cannot be read is one all the same. */
const isMissing = (error: unknown): boolean => error === undefined || error === null || error === '';
