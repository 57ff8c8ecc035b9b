import { AccessToken } from './access-token.ts';
import type { ProblemCode } from './contract.ts';
import { gatewayRefusal } from './foreign-words.ts';
import {
  AccessDeniedError,
  type AnyVaultError,
  CodeNotValidError,
  ConnectionNotFoundError,
  ConsentSupersededError,
  InvalidRequestError,
  NotRenewableError,
  ReauthorizationRequiredError,
  ScopesNotAvailableError,
  ScopesNotGrantedError,
  type SuspectGrant,
  TemporarilyUnavailableError,
  UnexpectedAnswerError,
  UserActionRequiredError,
} from './vault-error.ts';

/** A caller may pass this to a timer, and a timer of more than 24 days fires at once. */
const LONGEST_WAIT_SECONDS = 86_400;
const ISO_TIME = /^\d{4}-\d\d-\d\dT[\d:.]{5,12}Z$/;

/** What came back from the vault, with its body already read. */
export interface VaultAnswer {
  readonly status: number;
  readonly retryAfter: string | null;
  /** The header `Date`: the time by the clock of API Gateway. */
  readonly date: string | null;
  /** Absent when it was too long to be an answer of the vault. */
  readonly body: string | undefined;
}

/**
 * Reads an access token from an answer of the vault.
 * @param sentAtMs when the request left, by this process's clock: the life that remains is counted from there, so that a
 *   wrong clock and a slow answer never make a token look longer-lived than it is
 */
export function processAccessTokenAnswer(
  answer: VaultAnswer,
  connectionId: string,
  sentAtMs: number,
): AccessToken {
  const body = processAnswer(answer, sentAtMs);
  const { accessToken, tokenType, expiresInSeconds, scopes } = body;
  if (
    typeof accessToken !== 'string' ||
    accessToken === '' ||
    tokenType !== 'Bearer' ||
    typeof expiresInSeconds !== 'number' ||
    !isListOfText(scopes) ||
    body.connectionId !== connectionId
  ) {
    throw new UnexpectedAnswerError('The answer is not an access token of the connection asked for.');
  }
  return new AccessToken({
    accessToken,
    connectionId,
    expiresAtMs: sentAtMs + expiresInSeconds * 1000,
    scopes,
  });
}

/** The document of an answer; throws `VaultError` for a refusal. */
export function processAnswer(answer: VaultAnswer, sentAtMs: number): JsonObject {
  const body = parseObject(answer.body);
  if (answer.status < 200 || answer.status > 299) throw errorOf(answer, body, sentAtMs);
  return body;
}

function errorOf(answer: VaultAnswer, body: JsonObject, nowMs: number): AnyVaultError {
  const { status, retryAfter } = answer;
  if (status === 403 && body.code === undefined) return gatewayRefusal(body, clockErrorMs(answer, nowMs));
  const message = messageOf(status, body);
  switch (body.code as ProblemCode | undefined) {
    case 'invalid_request':
    case 'connection_id_reserved':
      return new InvalidRequestError(message);
    case 'scopes_not_available':
      return new ScopesNotAvailableError(message, listsOfText(body.availableScopes));
    case 'scopes_not_granted':
      return new ScopesNotGrantedError(message);
    case 'code_not_valid':
      return new CodeNotValidError(message);
    case 'consent_superseded':
      return new ConsentSupersededError(message);
    case 'connection_not_found':
      return new ConnectionNotFoundError(message);
    case 'reauthorization_required':
      return new ReauthorizationRequiredError(message);
    case 'user_action_required':
      return new UserActionRequiredError(
        message,
        typeof body.userActionUrl === 'string' ? body.userActionUrl : undefined,
      );
    case 'not_renewable':
      return new NotRenewableError(message);
    default:
      return errorOfStatus(status, message, {
        retryAfter: retryAfterSeconds(retryAfter, nowMs),
        suspect: suspectOf(body),
      });
  }
}

/** AWS accepts a signature for five minutes. */
const TOLERABLE_CLOCK_ERROR_MS = 240_000;
/** A clock that is further off is named, not corrected: a certificate or a credential would then not be valid either. */
export const MAX_CORRECTION_MS = 86_400_000;

/**
 * How far the clock of API Gateway is ahead of a clock that refused requests were signed by. 0 where that is not why.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
 */
export function clockErrorMs({ status, date }: VaultAnswer, signedAtMs: number): number {
  const aheadMs = Date.parse(date ?? '') - signedAtMs;
  return status === 403 && Math.abs(aheadMs) > TOLERABLE_CLOCK_ERROR_MS ? aheadMs : 0;
}

/** Both moments or none: one alone would mislead. */
function suspectOf({ suspectSince, nextTryAt }: JsonObject): SuspectGrant | undefined {
  const [sinceMs, nextTryAtMs] = [suspectSince, nextTryAt].map((time) =>
    typeof time === 'string' && ISO_TIME.test(time) ? Date.parse(time) : Number.NaN,
  );
  const isReadable = Number.isFinite(sinceMs) && Number.isFinite(nextTryAtMs);
  return isReadable ? { sinceMs: Number(sinceMs), nextTryAtMs: Number(nextTryAtMs) } : undefined;
}

/** An answer without one of the vault's codes comes from IAM, API Gateway or a proxy. */
function errorOfStatus(
  status: number,
  message: string,
  {
    retryAfter,
    suspect,
  }: { readonly retryAfter: number | undefined; readonly suspect: SuspectGrant | undefined },
): AnyVaultError {
  if (status === 403) return new AccessDeniedError(message);
  if (status === 429 || status >= 500) {
    return new TemporarilyUnavailableError(message, retryAfter, suspect && { suspect });
  }
  return new UnexpectedAnswerError(message);
}

function messageOf(status: number, body: JsonObject): string {
  const words = [body.title, body.detail].filter((word) => typeof word === 'string');
  return words.length > 0 ? words.join(' ') : `The vault answered with status ${status}.`;
}

/** `Retry-After` in seconds: RFC 9110 §10.2.3 allows a number of seconds or a date. */
export function retryAfterSeconds(value: string | null, nowMs: number): number | undefined {
  if (value === null) return undefined;
  const atMs = / GMT$/.test(value) ? Date.parse(value) : Number.NaN;
  const seconds = /^\d+$/.test(value) ? Number(value) : Math.max(0, Math.ceil((atMs - nowMs) / 1000));
  return Number.isNaN(seconds) ? undefined : Math.min(seconds, LONGEST_WAIT_SECONDS);
}

type JsonObject = Readonly<Record<string, unknown>>;

function parseObject(text: string | undefined): JsonObject {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null ? (value as JsonObject) : {};
  } catch {
    return {};
  }
}

function isListOfText(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function listsOfText(value: unknown): string[][] {
  return Array.isArray(value) ? value.filter(isListOfText) : [];
}
