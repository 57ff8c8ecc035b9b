import { defined } from '../../core/defined.ts';
import type { ReceivedAccessToken, TokenAnswer } from '../../core/ports/ims.ts';
import { Secret } from '../../core/secret.ts';
import { readTokenError } from './error-answer.ts';
import {
  type AnswerFields,
  debugIdOf,
  type HttpAnswer,
  isCutOff,
  parseFields,
  positiveNumber,
  salvageTokens,
  textField,
} from './http-answer.ts';
import { claimedLifeMs, claimedScopes, parseScopes, readHints, readTokenClaims } from './token-claims.ts';

export interface ReadTokenAnswer {
  readonly answer: TokenAnswer;
  /** Still to be verified. */
  readonly idToken?: Secret;
}

/** RFC 6750 §2.1: what can stand in an Authorization header. */
const BEARER_TOKEN = /^[\x21-\x7e]+$/;
const LONGEST_SUBJECT = 255;

/**
 * Reads an answer of the token endpoint, tokens first: a successor is kept even when everything else is unusable,
 * because IMS may have ended its predecessor already. Only a complete answer can show that IMS kept the refresh token:
 * in one that broke off, the successor may be in the missing part. Pure.
 *
 * @param nowMs epoch milliseconds, for a Retry-After that is a date
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5.1
 */
export function readTokenAnswer(answer: HttpAnswer, nowMs: number): ReadTokenAnswer {
  const text = Buffer.from(answer.body).toString('utf8');
  const parsed = parseFields(text);
  const fields = parsed ?? salvageTokens(text);
  const accessToken = textField(fields, 'access_token');
  const refreshToken = textField(fields, 'refresh_token');
  const usable = accessToken !== undefined && BEARER_TOKEN.test(accessToken) ? accessToken : undefined;
  const isSuccess = answer.status >= 200 && answer.status <= 299;
  if (!isSuccess && !isPairUnderServerError(answer, usable, refreshToken)) {
    return { answer: readTokenError(answer, nowMs) };
  }
  if (
    refreshToken === undefined &&
    (isCutOff(answer) || (usable !== undefined && !isWhole(answer, parsed)))
  ) {
    return { answer: { kind: 'unknown', reason: 'reset', ...debugIdOf(answer.headers) } };
  }
  if (usable === undefined && refreshToken === undefined) return { answer: readTokenError(answer, nowMs) };

  const accessClaims = usable === undefined ? {} : readTokenClaims(usable);
  const refreshClaims = refreshToken === undefined ? {} : readTokenClaims(refreshToken);
  const access = usable === undefined ? undefined : readAccessToken(usable, fields, accessClaims);
  const subject = textField(fields, 'sub');
  const idToken = textField(fields, 'id_token');
  return defined({
    answer: {
      kind: 'tokens',
      tokens: defined({
        accessToken: access?.accessToken,
        refreshToken: secretOf(refreshToken),
        subject: subject !== undefined && subject.length <= LONGEST_SUBJECT ? subject : undefined,
        hints: readHints(accessClaims, refreshClaims),
        anomalies: [
          ...(parsed === undefined ? ['body-not-json'] : []),
          ...(access?.anomalies ?? ['access-token-missing']),
          ...anomaliesOf(answer, fields),
        ],
      }),
      ...debugIdOf(answer.headers),
    },
    idToken: secretOf(idToken),
  });
}

const secretOf = (token: string | undefined): Secret | undefined =>
  token === undefined ? undefined : new Secret(token);

/** A gateway may put its own status over an answer of IMS. One token alone may be an echo of what was posted. */
function isPairUnderServerError(
  { status }: HttpAnswer,
  accessToken: string | undefined,
  refreshToken: string | undefined,
): boolean {
  return status >= 500 && accessToken !== undefined && refreshToken !== undefined;
}

/** A length that is too short cuts an answer as well, and so does a gzip stream that ends early: only the JSON shows it. */
const isWhole = ({ complete }: HttpAnswer, parsed: AnswerFields | undefined): boolean =>
  complete && parsed !== undefined;

function readAccessToken(
  token: string,
  fields: AnswerFields,
  claims: AnswerFields,
): { readonly accessToken: ReceivedAccessToken; readonly anomalies: readonly string[] } {
  const { expiresInSeconds, anomalies } = readAccessTokenLife(fields.expires_in, claimedLifeMs(claims));
  const scope = textField(fields, 'scope');
  const scopes = scope === undefined ? claimedScopes(claims) : parseScopes(scope);
  return {
    accessToken: defined({ token: new Secret(token), expiresInSeconds, scopes }),
    anomalies,
  };
}

/** Stable words for the log; none of them repeats anything of the answer. */
function anomaliesOf(answer: HttpAnswer, fields: AnswerFields): readonly string[] {
  const isEmpty = (name: string) => name in fields && textField(fields, name) === undefined;
  const tokenType = textField(fields, 'token_type');
  const contentType = answer.headers.get('content-type') ?? '';
  const found: readonly (readonly [boolean, string])[] = [
    [answer.status !== 200, 'status-not-200'],
    [!answer.complete, 'body-incomplete'],
    [!/^application\/json\b/i.test(contentType), 'content-type-not-json'],
    [isEmpty('refresh_token'), 'refresh-token-empty'],
    [isEmpty('id_token'), 'id-token-empty'],
    [isEmpty('scope'), 'scope-unreadable'],
    [tokenType === undefined, 'token-type-missing'],
    [tokenType !== undefined && tokenType.toLowerCase() !== 'bearer', 'token-type-not-bearer'],
  ];
  return found.flatMap(([odd, word]) => (odd ? [word] : []));
}

/** More seconds than any access token lives: such a number is milliseconds. */
const IMPLAUSIBLE_SECONDS = 1_000_000;
/** The shortest life seen with Adobe. Used when neither the answer nor the token says anything. */
const ASSUMED_SECONDS = 3_600;
/** A shorter life is a misreading, and would have us rotate without end. */
const SHORTEST_CREDIBLE_SECONDS = 60;

export interface AccessTokenLife {
  readonly expiresInSeconds: number;
  readonly anomalies: readonly string[];
}

/**
 * How long an access token lives. Token endpoint v3 answers in seconds, v1 in milliseconds, and the token's own claim is in
 * milliseconds: an implausible number is read as milliseconds, and where answer and claim differ the shorter one holds.
 *
 * @param expiresIn the member `expires_in` of the answer, whatever it is
 * @param claimMs the lifetime that the token claims, in milliseconds
 */
export function readAccessTokenLife(expiresIn: unknown, claimMs: number | undefined): AccessTokenLife {
  const claimed = credibleSeconds(claimMs);
  const stated = positiveNumber(expiresIn) ?? 0;
  const inMilliseconds =
    stated > IMPLAUSIBLE_SECONDS || (claimed !== undefined && isClose(stated, claimed * 1_000));
  const seconds = Math.min(inMilliseconds ? Math.floor(stated / 1_000) : stated, IMPLAUSIBLE_SECONDS);
  if (seconds < SHORTEST_CREDIBLE_SECONDS) {
    const anomaly = expiresIn === undefined ? 'expires-in-missing' : 'expires-in-implausible';
    const anomalies = claimed === undefined ? [anomaly, 'expires-in-assumed'] : [anomaly];
    return { expiresInSeconds: claimed ?? ASSUMED_SECONDS, anomalies };
  }
  const agrees = claimed === undefined || isClose(seconds, claimed);
  return {
    expiresInSeconds: Math.min(seconds, claimed ?? seconds),
    anomalies: [
      ...(inMilliseconds ? ['expires-in-milliseconds'] : []),
      ...(agrees ? [] : ['expires-in-disagrees-with-token']),
    ],
  };
}

function credibleSeconds(claimMs: number | undefined): number | undefined {
  if (claimMs === undefined) return undefined;
  const seconds = Math.floor(claimMs / 1_000);
  return seconds >= SHORTEST_CREDIBLE_SECONDS && seconds <= IMPLAUSIBLE_SECONDS ? seconds : undefined;
}

const isClose = (one: number, other: number): boolean => Math.abs(one - other) <= other * 0.05;
