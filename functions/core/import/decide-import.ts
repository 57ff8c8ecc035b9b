import { deriveConnectionId, isReservedConnectionId } from '../connection/connection-id.ts';
import { ASSUMED_REFRESH_LIFE_MS } from '../connection/lifetime.ts';
import type { RefreshTokenClaims } from '../ports/ims.ts';
import type { ImportRefusal, TokenImport } from './token-import.ts';

export interface ImportSettings {
  readonly clientId: string;
  /** What the vault asks for: assumed where neither the line nor the token tells. */
  readonly scopes: readonly string[];
}

/** What a line and its token together say of the grant. */
export interface AcceptedGrant {
  readonly subject?: string;
  readonly scopes: readonly string[];
  /** The earlier one where line and token differ; absent when neither tells one within 14 days. */
  readonly refreshExpiresAtMs?: number;
}

export type ImportDecision =
  | { readonly decision: 'accepted'; readonly grant: AcceptedGrant }
  | { readonly decision: 'refused'; readonly reason: ImportRefusal };

/**
 * Judges a line by its form alone: a refresh token cannot be tried without spending it. What the token says of itself only
 * catches mistakes, such as an export of access tokens or of another credential. Pure.
 */
export function decideImport(
  line: TokenImport,
  claims: RefreshTokenClaims,
  { clientId, scopes }: ImportSettings,
  nowMs: number,
): ImportDecision {
  if (claims.type !== undefined && claims.type !== 'refresh_token') return refused('not_a_refresh_token');
  if ([line.clientId, claims.clientId].some((other) => other !== undefined && other !== clientId)) {
    return refused('other_client');
  }
  if (line.subject !== undefined && claims.subject !== undefined && line.subject !== claims.subject) {
    return refused('other_subject');
  }
  const subject = line.subject ?? claims.subject;
  if (isReservedConnectionId(line.connectionId) && !isDerivedFrom(line.connectionId, clientId, subject)) {
    return refused('connection_id_reserved');
  }
  const ends = [line.refreshExpiresAtMs, claims.expiresAtMs].filter((end) => end !== undefined);
  // Either may be wrong. What one of them calls alive is worth its one try.
  const ahead = ends.filter((end) => end > nowMs);
  if (ends.length > 0 && ahead.length === 0) return refused('expired');
  // Neither may widen what is known of Adobe's tokens: a later end is a misreading, and the end is not known.
  const believed = ahead.filter((end) => end <= nowMs + ASSUMED_REFRESH_LIFE_MS);
  return {
    decision: 'accepted',
    grant: {
      ...(subject !== undefined && { subject }),
      scopes: line.scopes ?? claims.scopes ?? scopes,
      ...(believed.length > 0 && { refreshExpiresAtMs: Math.min(...believed) }),
    },
  };
}

/** A plain sign-in of this very user would get the same id. */
function isDerivedFrom(connectionId: string, clientId: string, subject: string | undefined): boolean {
  return subject !== undefined && connectionId === deriveConnectionId(clientId, subject);
}

const refused = (reason: ImportRefusal): ImportDecision => ({ decision: 'refused', reason });
