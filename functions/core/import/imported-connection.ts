import type { Connection } from '../connection/connection.ts';
import { ASSUMED_IMPORTED_LIFE_MS, firstRefreshLife, type RefreshLife } from '../connection/lifetime.ts';
import { connectionOf } from '../consent/consent-connection.ts';
import type { AcceptedGrant } from './decide-import.ts';

export interface ImportedToken {
  readonly connectionId: string;
  readonly clientId: string;
  readonly generation: string;
  readonly sealed: Uint8Array;
  readonly importedFrom: string;
  readonly commitId: string;
}

/**
 * The connection an imported token brings: due at once, and only `suspect`, because another system may have spent the token.
 * It proves itself by its first rotation; a refusal is judged with the usual patience. It can be vended from like any other.
 */
export function importedConnection(token: ImportedToken, grant: AcceptedGrant, nowMs: number): Connection {
  const { connectionId, clientId, generation, sealed, commitId, importedFrom } = token;
  const { subject, scopes } = grant;
  return {
    ...connectionOf({
      connectionId,
      clientId,
      generation,
      ...(subject !== undefined && { subject }),
      grantedScopes: scopes,
      refresh: { sealed, life: importedLife(grant, nowMs) },
      commitId,
      consentedAtMs: nowMs,
    }),
    state: 'suspect',
    importedFrom,
    rotateAtMs: nowMs,
    dueAtMs: nowMs,
  };
}

/** What is believed of the end, also by a dry run. */
export function importedLife({ refreshExpiresAtMs }: AcceptedGrant, nowMs: number): RefreshLife {
  const refreshTokenExpiresAtMs = refreshExpiresAtMs ?? nowMs + ASSUMED_IMPORTED_LIFE_MS;
  return firstRefreshLife(nowMs, { refreshTokenExpiresAtMs });
}
