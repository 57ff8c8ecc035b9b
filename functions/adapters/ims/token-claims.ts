import { plausibleMs } from '../../core/moment.ts';
import type { RefreshTokenReader, TokenHints } from '../../core/ports/ims.ts';
import { type AnswerFields, parseFields, positiveNumber, textField } from './http-answer.ts';

/**
 * The claims of an IMS token, unverified: hints for scheduling, never security. IMS signs its access and refresh tokens
 * with keys it does not publish, so they are opaque to us; base64url comes padded or not.
 */
export function readTokenClaims(token: string): AnswerFields {
  const parts = token.split('.');
  if (parts.length !== 3) return {};
  return parseFields(Buffer.from(parts[1] ?? '', 'base64url').toString('utf8')) ?? {};
}

/** How long the token lives, in milliseconds: IMS writes `expires_in` as a decimal string of milliseconds. */
export function claimedLifeMs(claims: AnswerFields): number | undefined {
  return positiveNumber(claims.expires_in);
}

export function claimedScopes(claims: AnswerFields): readonly string[] | undefined {
  return typeof claims.scope === 'string' ? parseScopes(claims.scope) : undefined;
}

/** @param access claims of the access token, whose `rtea` is the end of the refresh token in epoch milliseconds */
export function readHints(access: AnswerFields, refresh: AnswerFields): TokenHints {
  const rteaMs = plausibleMs(positiveNumber(access.rtea));
  const createdAtMs = plausibleMs(positiveNumber(refresh.created_at));
  const lifeMs = claimedLifeMs(refresh);
  const endMs =
    createdAtMs === undefined || lifeMs === undefined ? undefined : plausibleMs(createdAtMs + lifeMs);
  return {
    ...(rteaMs !== undefined && { rteaMs }),
    ...(endMs !== undefined && { refreshTokenExpiresAtMs: endMs }),
  };
}

const LONGEST_SUBJECT = 255;
/** A refresh token that claims less counts in seconds, where Adobe counts in milliseconds. */
const SHORTEST_CREDIBLE_LIFE_MS = 3_600_000;

/** IMS tokens are JWTs of three parts, whose claims nobody but IMS can verify. */
export function createRefreshTokenReader(): RefreshTokenReader {
  return {
    read(token) {
      const claims = readTokenClaims(token.reveal());
      const type = textField(claims, 'type');
      const clientId = textField(claims, 'client_id');
      const subject = textField(claims, 'user_id');
      const scopes = claimedScopes(claims);
      const expiresAtMs = claimedEndMs(claims);
      return {
        ...(type !== undefined && { type }),
        ...(clientId !== undefined && { clientId }),
        ...(subject !== undefined && subject.length <= LONGEST_SUBJECT && { subject }),
        ...(scopes !== undefined && scopes.length > 0 && { scopes }),
        ...(expiresAtMs !== undefined && { expiresAtMs }),
      };
    },
  };
}

function claimedEndMs(claims: AnswerFields): number | undefined {
  const isCredible = (claimedLifeMs(claims) ?? 0) >= SHORTEST_CREDIBLE_LIFE_MS;
  return isCredible ? readHints({}, claims).refreshTokenExpiresAtMs : undefined;
}

/** IMS takes commas or spaces. Commas are what Adobe's own samples and libraries send, and they survive any URL decoder. */
export function formatScopes(scopes: readonly string[]): string {
  return scopes.join(',');
}

/** Reads a list delimited by commas or spaces (RFC 6749 §3.3 knows spaces only); duplicates are dropped. */
export function parseScopes(text: string): readonly string[] {
  return [...new Set(text.split(/[\s,]+/).filter((scope) => scope !== ''))];
}
