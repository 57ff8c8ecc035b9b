import { defined } from '../../core/defined.ts';
import { plausibleMs } from '../../core/moment.ts';
import type { RefreshTokenClaims, TokenHints } from '../../core/ports/ims.ts';
import type { Secret } from '../../core/secret.ts';
import { type AnswerFields, parseFields, positiveNumber, textField } from './http-answer.ts';

/**
 * The claims of an IMS token, unverified: hints for scheduling, never security. IMS signs its access and refresh tokens
 * with keys it does not publish, so they are opaque to the vault. base64url comes padded or not.
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

/** @param access claims of the access token, whose `rtea` is the expiry of the refresh token in epoch milliseconds */
export function readHints(access: AnswerFields, refresh: AnswerFields): TokenHints {
  const rteaMs = plausibleMs(positiveNumber(access.rtea));
  const createdAtMs = plausibleMs(positiveNumber(refresh.created_at));
  const lifeMs = claimedLifeMs(refresh);
  const endMs =
    createdAtMs === undefined || lifeMs === undefined ? undefined : plausibleMs(createdAtMs + lifeMs);
  return defined({ rteaMs, refreshTokenExpiresAtMs: endMs });
}

const LONGEST_SUBJECT = 255;
/** A refresh token that claims less counts in seconds. Adobe counts in milliseconds. */
const SHORTEST_CREDIBLE_LIFE_MS = 3_600_000;

/** The claims of a refresh token, unverified. A token that cannot be read has none. */
export function readRefreshTokenClaims(token: Secret): RefreshTokenClaims {
  const claims = readTokenClaims(token.reveal());
  const subject = textField(claims, 'user_id');
  const scopes = claimedScopes(claims);
  return defined({
    type: textField(claims, 'type'),
    clientId: textField(claims, 'client_id'),
    subject: subject !== undefined && subject.length <= LONGEST_SUBJECT ? subject : undefined,
    scopes: scopes?.length === 0 ? undefined : scopes,
    expiresAtMs: claimedEndMs(claims),
  });
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
