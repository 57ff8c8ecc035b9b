import { plausibleMs } from '../../core/moment.ts';
import type { TokenHints } from '../../core/ports/ims.ts';
import { type AnswerFields, parseFields, positiveNumber } from './answer-fields.ts';
import { parseScopes } from './scope-list.ts';

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
