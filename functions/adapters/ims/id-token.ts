import { createRemoteJWKSet, customFetch, errors, type JWTPayload, jwtVerify } from 'jose';
import type { ReceivedTokens, TokenAnswer } from '../../core/ports/ims.ts';
import type { Secret } from '../../core/secret.ts';
import type { ReadTokenAnswer } from './token-answer.ts';

export interface IdTokenExpectations {
  readonly clientId: string;
  readonly issuers: readonly string[];
  readonly keysUrl: string;
  readonly fetch: typeof fetch;
  readonly nowMs: () => number;
}

export type IdTokenDecision =
  | {
      readonly kind: 'verified';
      readonly subject: string;
      readonly claims: Readonly<Record<string, string | boolean>>;
    }
  /** `reason` is jose's error code or one of our words: safe to log. */
  | { readonly kind: 'rejected'; readonly reason: string };

/** @param nonce the nonce of the authorization request, if it had one */
export type VerifyIdToken = (idToken: Secret, nonce: string | undefined) => Promise<IdTokenDecision>;

const CLOCK_TOLERANCE_SECONDS = 30;
/** An unknown `kid` makes jose fetch the keys again, but not more often than this. */
const KEYS_COOLDOWN_MS = 30_000;
const KEYS_TIMEOUT_MS = 3_000;
const PROFILE_CLAIMS = ['name', 'given_name', 'family_name', 'email', 'email_verified', 'account_type'];

/**
 * Verifies an ID token against IMS's published keys, chosen by `kid`. The header's `x5u` is a bare file name at IMS and is
 * ignored.
 * @see https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
 */
export function createIdTokenVerifier(expected: IdTokenExpectations): VerifyIdToken {
  const keys = createRemoteJWKSet(new URL(expected.keysUrl), {
    timeoutDuration: KEYS_TIMEOUT_MS,
    cooldownDuration: KEYS_COOLDOWN_MS,
    [customFetch]: (url, init) => expected.fetch(url, init),
  });
  return async (idToken, nonce) => {
    try {
      const { payload } = await jwtVerify(idToken.reveal(), keys, {
        algorithms: ['RS256'],
        audience: expected.clientId,
        issuer: [...expected.issuers],
        requiredClaims: ['sub', 'exp', 'iat'],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(expected.nowMs()),
      });
      return readClaims(payload, expected.clientId, nonce);
    } catch (error) {
      return {
        kind: 'rejected',
        reason: error instanceof errors.JOSEError ? error.code : 'keys-unavailable',
      };
    }
  };
}

function readClaims(payload: JWTPayload, clientId: string, nonce: string | undefined): IdTokenDecision {
  const { sub, aud, azp } = payload;
  if (payload.nonce !== nonce) return { kind: 'rejected', reason: 'nonce' };
  const severalAudiences = Array.isArray(aud) && aud.length > 1;
  if (azp === undefined ? severalAudiences : azp !== clientId) return { kind: 'rejected', reason: 'azp' };
  if (typeof sub !== 'string' || sub === '' || sub.length > 255) return { kind: 'rejected', reason: 'sub' };
  return { kind: 'verified', subject: sub, claims: profileOf(payload) };
}

/** IMS has been seen to write `email_verified` as the text "true". */
function profileOf(payload: JWTPayload): Readonly<Record<string, string | boolean>> {
  const claims: Record<string, string | boolean> = {};
  for (const name of PROFILE_CLAIMS) {
    const value = payload[name];
    if (typeof value === 'string' || typeof value === 'boolean') claims[name] = value;
  }
  const verified = claims.email_verified;
  if (verified !== undefined) claims.email_verified = verified === true || verified === 'true';
  return claims;
}

/**
 * Completes the answer of a code exchange. The subject comes from the verified ID token, or from the answer's own `sub`
 * when there is no ID token. An ID token that is invalid, or names another user, leaves no subject. The other tokens are kept
 * in every case.
 */
export async function withIdToken(
  { answer, idToken }: ReadTokenAnswer,
  nonce: string | undefined,
  verify: VerifyIdToken,
): Promise<TokenAnswer> {
  if (answer.kind !== 'tokens') return answer;
  const { tokens } = answer;
  if (idToken === undefined) {
    return nonce === undefined ? answer : { ...answer, tokens: marked(tokens, 'id-token-missing') };
  }
  const decision = await verify(idToken, nonce);
  const { subject, ...anonymous } = tokens;
  if (decision.kind === 'rejected') {
    return { ...answer, tokens: marked(anonymous, `id-token-rejected: ${decision.reason}`) };
  }
  if (subject !== undefined && subject !== decision.subject) {
    return { ...answer, tokens: marked(anonymous, 'subject-disagrees') };
  }
  return { ...answer, tokens: { ...tokens, subject: decision.subject, idTokenClaims: decision.claims } };
}

const marked = (tokens: ReceivedTokens, anomaly: string): ReceivedTokens => ({
  ...tokens,
  anomalies: [...tokens.anomalies, anomaly],
});
