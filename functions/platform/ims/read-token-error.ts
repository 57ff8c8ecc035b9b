import type { TokenAnswer } from '../../core/ports/ims.ts';
import { type AnswerFields, parseFields, textField } from './answer-fields.ts';
import { debugIdOf, type HttpAnswer } from './http-answer.ts';
import { readJumpUrl } from './jump-url.ts';
import { readRetryAfterMs, withDefaultWait } from './retry-after.ts';

const REFUSALS = new Set(['access_denied', 'invalid_grant']);
const MISCONFIGURATIONS = new Set(['invalid_client', 'unauthorized_client', 'invalid_scope', 'bad_request']);
const USER_ACTIONS = new Set(['interaction_required', 'consent_required']);
/** Adobe's own clients recognise a wrong credential by these sentences, under more than one `error`. */
const CREDENTIAL_DESCRIPTIONS = new Set(['invalid client_secret parameter', 'invalid client_id parameter']);

/**
 * Classifies every answer that brings no token. When in doubt nothing is known: a grant is called refused only where IMS
 * says so in words (RFC 6749 §5.2, and Adobe's `access_denied`).
 */
export function readTokenError(answer: HttpAnswer, nowMs: number): TokenAnswer {
  const { status, headers } = answer;
  const debug = debugIdOf(headers);
  const fields = parseFields(Buffer.from(answer.body).toString('utf8')) ?? {};
  const error = readErrorCode(fields);
  const needsUser = error !== undefined && (error.startsWith('ride_') || isClientError(status, error));
  if (needsUser && status !== 401) {
    return { kind: 'user-action', error, ...readJumpUrl(fields.jump), ...debug };
  }
  const retryAfterMs = readRetryAfterMs(headers, fields, nowMs);
  if (status === 429) return { kind: 'wait', retryAfterMs: withDefaultWait(retryAfterMs), ...debug };
  if (status >= 500 && retryAfterMs !== undefined) return { kind: 'wait', retryAfterMs, ...debug };
  if (status >= 500) return { kind: 'unknown', reason: 'server-error', ...debug };
  if (status === 401) return { kind: 'misconfigured', error: error ?? 'unauthorized', ...debug };
  if (status < 400 || !answer.complete) return { kind: 'unknown', reason: 'garbage', ...debug };
  if (error !== undefined && REFUSALS.has(error)) return { kind: 'refused', error, ...debug };
  if (error !== undefined && MISCONFIGURATIONS.has(error)) return { kind: 'misconfigured', error, ...debug };
  return { kind: 'unexpected', status, ...(error === undefined ? {} : { error }), ...debug };
}

/** The answer's `error`; undefined when it is missing or no code (RFC 6749 §5.2 allows more characters than Adobe uses). */
export function readErrorCode(fields: AnswerFields): string | undefined {
  if (CREDENTIAL_DESCRIPTIONS.has(textField(fields, 'error_description') ?? '')) return 'invalid_client';
  const error = textField(fields, 'error');
  return error !== undefined && /^[A-Za-z0-9_.-]{1,100}$/.test(error) ? error : undefined;
}

const isClientError = (status: number, error: string): boolean =>
  status >= 400 && status < 500 && USER_ACTIONS.has(error);
