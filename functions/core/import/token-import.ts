import { createHash } from 'node:crypto';
import type { Secret } from '../secret.ts';

/** One refresh token that another system holds, and where it is to be kept. */
export interface TokenImport {
  readonly connectionId: string;
  readonly refreshToken: Secret;
  /** The credential the other system believes it belongs to. */
  readonly clientId?: string;
  readonly subject?: string;
  readonly scopes?: readonly string[];
  /** The token's end of life as the other system knows it. */
  readonly refreshExpiresAtMs?: number;
}

/** Why a line cannot be imported. Stable words; none of them repeats anything of the line. */
export type ImportRefusal =
  | 'connection_id_repeated'
  | 'connection_id_reserved'
  | 'refresh_token_repeated'
  | 'not_a_refresh_token'
  | 'other_client'
  | 'other_subject'
  | 'expired';

/** Why nothing was changed under an id that is there already. */
export type ImportExists =
  /** This very token was imported before, whatever became of it since. */
  | 'same_token'
  /** The user disconnected: no token of before may undo that. */
  | 'disconnected'
  /** Something else is connected under this id; `replace` would take its place. */
  | 'in_use';

const DIGEST_LENGTH = 22;

/**
 * Names an imported token without being one, so that it is known again after it was rotated away. Bound to its connection:
 * two rows tell nobody whether they came from one token.
 */
export function importDigest(clientId: string, connectionId: string, refreshToken: Secret): string {
  return createHash('sha256')
    .update(JSON.stringify([clientId, connectionId, refreshToken.reveal()]))
    .digest('base64url')
    .slice(0, DIGEST_LENGTH);
}
