import type { RevokeAnswer } from '../../core/ports/ims.ts';
import { parseFields } from './answer-fields.ts';
import type { Heard } from './listen.ts';
import { readErrorCode } from './read-token-error.ts';
import { readRetryAfterMs } from './retry-after.ts';

/** RFC 7009 §2.2: an unknown token is a success too. IMS documents 200 only; its 400 means "already gone" or a bad client. */
export function readRevokeAnswer(heard: Heard, nowMs: number): RevokeAnswer {
  if (heard.kind === 'nothing') return { kind: 'retry' };
  const { status, headers, body } = heard.answer;
  if (status >= 200 && status <= 299) return { kind: 'revoked' };
  const fields = parseFields(Buffer.from(body).toString('utf8')) ?? {};
  const error = readErrorCode(fields);
  if (status === 401) return { kind: 'misconfigured', error: error ?? 'unauthorized' };
  if (status === 400) {
    const ofClient = error === 'invalid_client' || error === 'unauthorized_client';
    return ofClient ? { kind: 'misconfigured', error } : { kind: 'already-gone' };
  }
  const retryAfterMs = readRetryAfterMs(headers, fields, nowMs);
  return { kind: 'retry', ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}
