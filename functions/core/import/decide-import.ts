import { createHash } from 'node:crypto';
import { deriveConnectionId, isReservedConnectionId } from '../connection/connection-id.ts';
import { ASSUMED_REFRESH_LIFE_MS } from '../connection/lifetime.ts';
import { defined } from '../defined.ts';
import type { RefreshTokenClaims } from '../ports/ims.ts';
import type { Secret } from '../secret.ts';

export interface ImportSettings {
  readonly clientId: string;
  /** What the vault asks for: assumed where neither the line nor the token says. */
  readonly scopes: readonly string[];
}

/** What a line and its token together say about the grant. */
export interface AcceptedGrant {
  readonly subject?: string;
  readonly scopes: readonly string[];
  /** The earlier one where line and token differ. Absent when neither states one within 14 days. */
  readonly refreshExpiresAtMs?: number;
}

export type ImportDecision =
  | { readonly kind: 'accepted'; readonly grant: AcceptedGrant }
  | { readonly kind: 'refused'; readonly reason: ImportRefusal };

/**
 * Decides about a line by its form alone: a refresh token cannot be tried without consuming it. The token's own claims only
 * reveal mistakes, such as an export of access tokens or of another credential. Pure.
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
  // Either may be wrong. A token that one of them calls alive is worth its one try.
  const ahead = ends.filter((end) => end > nowMs);
  if (ends.length > 0 && ahead.length === 0) return refused('expired');
  // Neither may widen what is known about Adobe's tokens: a later expiry is a misreading, so the expiry is not known.
  const believed = ahead.filter((end) => end <= nowMs + ASSUMED_REFRESH_LIFE_MS);
  return {
    kind: 'accepted',
    grant: {
      ...defined({ subject }),
      scopes: line.scopes ?? claims.scopes ?? scopes,
      ...(believed.length > 0 && { refreshExpiresAtMs: Math.min(...believed) }),
    },
  };
}

/** A plain sign-in of this very user would get the same id. */
function isDerivedFrom(connectionId: string, clientId: string, subject: string | undefined): boolean {
  return subject !== undefined && connectionId === deriveConnectionId(clientId, subject);
}

const refused = (reason: ImportRefusal): ImportDecision => ({ kind: 'refused', reason });

/** One refresh token that another system holds, and where it is to be kept. */
export interface TokenImport {
  readonly connectionId: string;
  readonly refreshToken: Secret;
  /** The credential that the token belongs to, according to the other system. */
  readonly clientId?: string;
  readonly subject?: string;
  readonly scopes?: readonly string[];
  /** The token's end of life as the other system knows it. */
  readonly refreshExpiresAtMs?: number;
}

/** Why a line cannot be imported. Stable codes; none repeats any content of the line. */
export type ImportRefusal =
  | 'connection_id_repeated'
  | 'connection_id_reserved'
  | 'refresh_token_repeated'
  | 'not_a_refresh_token'
  | 'other_client'
  | 'other_subject'
  | 'expired';

/** Why nothing was changed under an existing id. */
export type ImportExists =
  /** This token was imported before, whatever has happened to it since. */
  | 'same_token'
  /** The user disconnected: no earlier token may undo that. */
  | 'disconnected'
  /** Another grant is connected under this id. `replace` would replace it. */
  | 'in_use';

const DIGEST_LENGTH = 22;

/**
 * Names an imported token without being one, so that the vault recognizes it after it was rotated away. Bound to its
 * connection: two stored digests do not reveal whether they came from one token.
 */
export function importDigest(clientId: string, connectionId: string, refreshToken: Secret): string {
  return createHash('sha256')
    .update(JSON.stringify([clientId, connectionId, refreshToken.reveal()]))
    .digest('base64url')
    .slice(0, DIGEST_LENGTH);
}
