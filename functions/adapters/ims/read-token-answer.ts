import type { ReceivedAccessToken, TokenAnswer } from '../../core/ports/ims.ts';
import { Secret } from '../../core/secret.ts';
import { readAccessTokenLife } from './access-token-life.ts';
import { type AnswerFields, parseFields, salvageTokens, textField } from './answer-fields.ts';
import { debugIdOf, type HttpAnswer, isCutOff } from './http-answer.ts';
import { readTokenError } from './read-token-error.ts';
import { parseScopes } from './scope-list.ts';
import { claimedLifeMs, claimedScopes, readHints, readTokenClaims } from './token-claims.ts';

export interface ReadTokenAnswer {
  readonly answer: TokenAnswer;
  /** Still to be verified. */
  readonly idToken?: Secret;
}

/** RFC 6750 §2.1: what can stand in an Authorization header. */
const BEARER_TOKEN = /^[\x21-\x7e]+$/;
const LONGEST_SUBJECT = 255;

/**
 * Reads an answer of the token endpoint, tokens first: a successor is kept even when everything beside it is unusable,
 * because IMS may have killed its predecessor already. That IMS kept the refresh token is believed of a whole answer alone:
 * in one that broke off the successor may stand in the missing part. Pure.
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
  return {
    answer: {
      kind: 'tokens',
      tokens: {
        ...(access === undefined ? {} : { accessToken: access.accessToken }),
        ...(refreshToken === undefined ? {} : { refreshToken: new Secret(refreshToken) }),
        ...(subject !== undefined && subject.length <= LONGEST_SUBJECT ? { subject } : {}),
        hints: readHints(accessClaims, refreshClaims),
        anomalies: [
          ...(parsed === undefined ? ['body-not-json'] : []),
          ...(access?.anomalies ?? ['access-token-missing']),
          ...anomaliesOf(answer, fields),
        ],
      },
      ...debugIdOf(answer.headers),
    },
    ...(idToken === undefined ? {} : { idToken: new Secret(idToken) }),
  };
}

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
    accessToken: {
      token: new Secret(token),
      expiresInSeconds,
      ...(scopes === undefined ? {} : { scopes }),
    },
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
