import { defined } from '../../core/defined.ts';
import type { RevokeAnswer, TokenAnswer } from '../../core/ports/ims.ts';
import {
  type AnswerFields,
  debugIdOf,
  type HttpAnswer,
  parseFields,
  readRetryAfterMs,
  textField,
  withDefaultWait,
} from './http-answer.ts';
import type { Received } from './send-request.ts';

const REFUSALS = new Set(['access_denied', 'invalid_grant']);
/** Any other status that comes with such a word is not Adobe's token endpoint: a call that missed it was answered 404. */
const REFUSING_STATUSES = new Set([400, 401, 403]);
const MISCONFIGURATIONS = new Set(['invalid_client', 'unauthorized_client', 'invalid_scope', 'bad_request']);
const USER_ACTIONS = new Set(['interaction_required', 'consent_required']);
/** Adobe's own clients recognise a wrong credential by these sentences, under more than one `error`. */
const CREDENTIAL_DESCRIPTIONS = new Set(['invalid client_secret parameter', 'invalid client_id parameter']);
/** It says no more than the status 401 does. */
const UNAUTHORIZED = 'unauthorized';
const RIDE = /^ride_/i;

/**
 * Classifies every answer that brings no token. When in doubt nothing is known: a grant is called refused only where IMS
 * says so in words (RFC 6749 §5.2, and Adobe's `access_denied`). Words win over the status.
 */
export function readTokenError(answer: HttpAnswer, nowMs: number): TokenAnswer {
  const { status, headers } = answer;
  const debug = debugIdOf(headers);
  const fields = parseFields(Buffer.from(answer.body).toString('utf8')) ?? {};
  const error = readErrorCode(fields) ?? readChallengeError(answer);
  if (error !== undefined && (RIDE.test(error) || isClientError(status, error))) {
    return { kind: 'user-action', error, ...readJumpUrl(fields.jump), ...debug };
  }
  const retryAfterMs = readRetryAfterMs(headers, fields, nowMs);
  if (status === 429) return { kind: 'wait', retryAfterMs: withDefaultWait(retryAfterMs), ...debug };
  if (status >= 500 && retryAfterMs !== undefined)
    return { kind: 'wait', retryAfterMs, mayBeUsed: true, ...debug };
  if (status >= 500) return { kind: 'unknown', reason: 'server-error', ...debug };
  if (status < 400 || !answer.complete) return { kind: 'unknown', reason: 'malformed', ...debug };
  if (status === 401 && isBare(fields, error))
    return { kind: 'misconfigured', error: UNAUTHORIZED, ...debug };
  if (error !== undefined && REFUSALS.has(error) && REFUSING_STATUSES.has(status)) {
    return { kind: 'refused', error, ...debug };
  }
  if (error !== undefined && MISCONFIGURATIONS.has(error)) return { kind: 'misconfigured', error, ...debug };
  return defined({ kind: 'unexpected', status, error, ...debug });
}

/** What Adobe's token endpoint may say of a request that brings no grant (RFC 6749 §5.2). */
const REQUEST_ERRORS = new Set(['invalid_request', 'unsupported_grant_type', 'invalid_token', 'bad_request']);

/**
 * Whether an answer to a made-up refresh token is the token endpoint's own: a refusal of the token or of the request, in
 * its words. A gateway's page or JSON is not, and a refused credential says nothing of grants.
 */
export function isTokenEndpoint(answer: HttpAnswer, nowMs: number): boolean {
  const read = readTokenError(answer, nowMs);
  if (read.kind === 'refused') return answer.status === 400 || answer.status === 401;
  const isRequestRefused = read.kind === 'unexpected' || read.kind === 'misconfigured';
  return answer.status === 400 && isRequestRefused && REQUEST_ERRORS.has(read.error ?? '');
}

/** The answer's `error`; undefined when it is missing or no code (RFC 6749 §5.2 allows more characters than Adobe uses). */
function readErrorCode(fields: AnswerFields): string | undefined {
  const description = textField(fields, 'error_description')?.trim().toLowerCase();
  if (CREDENTIAL_DESCRIPTIONS.has(description ?? '')) return 'invalid_client';
  return codeOf(textField(fields, 'error'));
}

/** RFC 6750 §3: what a 401 says may stand in its challenge instead of its body. */
function readChallengeError({ status, headers }: HttpAnswer): string | undefined {
  if (status !== 401) return undefined;
  const [, quoted, bare] =
    /(?:^|[\s,])error\s*=\s*(?:"([^"]*)"|([^\s",]+))/i.exec(headers.get('www-authenticate') ?? '') ?? [];
  return codeOf(quoted ?? bare);
}

/** Codes that the vault knows are compared without regard to case and white space; others are kept as they came. */
function codeOf(text: string | undefined): string | undefined {
  const code = text?.trim() ?? '';
  if (!/^[A-Za-z0-9_.-]{1,100}$/.test(code)) return undefined;
  const lower = code.toLowerCase();
  return isKnown(lower) ? lower : code;
}

const isKnown = (code: string): boolean =>
  REFUSALS.has(code) || MISCONFIGURATIONS.has(code) || USER_ACTIONS.has(code) || code === UNAUTHORIZED;

/** RFC 6749 §5.2: a 401 without words about a token says that the client could not be authenticated. */
function isBare(fields: AnswerFields, error: string | undefined): boolean {
  const words = [textField(fields, 'error_description'), textField(fields, 'message')].join(' ');
  return (error === undefined || error === UNAUTHORIZED) && !/\b(token|grant)\b/i.test(words);
}

const isClientError = (status: number, error: string): boolean =>
  status >= 400 && status < 500 && USER_ACTIONS.has(error);

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
export function readRevokeAnswer(received: Received, nowMs: number): RevokeAnswer {
  if (received.kind === 'nothing') return { kind: 'retry' };
  const { status, headers, body, complete } = received.answer;
  if (status >= 200 && status <= 299) return { kind: 'revoked' };
  const fields = parseFields(Buffer.from(body).toString('utf8')) ?? {};
  const error = readErrorCode(fields);
  if (status === 401) return { kind: 'misconfigured', error: error ?? 'unauthorized' };
  if (status === 400 && complete) {
    if (error !== undefined && BAD_CLIENT.has(error)) return { kind: 'misconfigured', error };
    if (error === undefined ? isMissing(fields.error) : GONE.has(error)) return { kind: 'already-gone' };
  }
  return defined({
    kind: 'retry',
    retryAfterMs: readRetryAfterMs(headers, fields, nowMs),
    error: status === 400 ? error : undefined,
  });
}

/** An error that cannot be read is one all the same. */
const isMissing = (error: unknown): boolean => error === undefined || error === null || error === '';

const ADOBE_DOMAINS = ['adobe.com', 'adobelogin.com'];

/** Where IMS says the user can act, if that is https on an Adobe host. Anything else is never shown. */
function readJumpUrl(jump: unknown): { readonly jumpUrl?: string } {
  if (typeof jump !== 'string' || jump.length > 2_048 || !URL.canParse(jump)) return {};
  const url = new URL(jump);
  const plain = url.protocol === 'https:' && url.username === '' && url.password === '' && url.port === '';
  const onAdobe = ADOBE_DOMAINS.some(
    (domain) => url.hostname === domain || url.hostname.endsWith(`.${domain}`),
  );
  return plain && onAdobe ? { jumpUrl: url.href } : {};
}
