import { liveAccessTokens } from '../access-tokens/invalidate-access-tokens.ts';
import type { Connection } from '../connection/connection.ts';
import { mintGenerationAfter } from '../connection/generation.ts';
import { ASSUMED_IMPORTED_LIFE_MS, firstRefreshLife, type RefreshLife } from '../connection/lifetime.ts';
import { retryConflicts } from '../connection/retry-conflicts.ts';
import { publishConsent } from '../consent/activate-connection.ts';
import { connectionOf, isOtherSubject, takingThePlaceOf } from '../consent/consent-connection.ts';
import { randomHandle } from '../consent/transaction.ts';
import type { Deadline } from '../deadline.ts';
import { defined } from '../defined.ts';
import type { AccessTokenStore } from '../ports/access-tokens.ts';
import type { ConnectionStore } from '../ports/connections.ts';
import type { Telemetry } from '../ports/events.ts';
import type { Clock, Random } from '../ports/platform.ts';
import type { Rotator } from '../ports/rotation.ts';
import type { TokenSealer } from '../ports/sealing.ts';
import { HOUR_MS } from '../time-units.ts';
import { type AcceptedGrant, type ImportExists, importDigest, type TokenImport } from './decide-import.ts';

export interface ImportDeps {
  readonly connections: Pick<ConnectionStore, 'read' | 'replaceGeneration'>;
  readonly accessTokens: AccessTokenStore;
  readonly sealer: TokenSealer;
  readonly rotator: Pick<Rotator, 'start'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly clientId: string;
  /** `*` and the narrower ones. */
  readonly scopeSets: readonly string[];
}

export interface ImportOptions {
  /** Form, client and expiry are checked; nothing is written. */
  readonly dryRun: boolean;
  /** Replace what is connected under the same id. */
  readonly replace: boolean;
}

export type TokenImported =
  | { readonly outcome: 'imported' | 'replaced'; readonly refreshExpiresAtMs?: number }
  | { readonly outcome: 'exists'; readonly reason: ImportExists }
  /** Other processes kept writing the connection first. */
  | { readonly outcome: 'contended' };

/** A rotation may commit between the read and the write. */
const MAX_TRIES = 4;
/** The reconciler runs hourly, looks for due times half an hour late and spreads what it finds over an hour. */
const TOO_SOON_FOR_THE_RECONCILER_MS = 6 * HOUR_MS;

/**
 * Seals one token and stores it under a generation of its own, with the same conditional write as a consent. The connection
 * is due at once and has no schedule. The reconciler schedules it, earliest expiry first and at a limited rate, so that a
 * large import does not flood Adobe. Repeating it is safe, and completes what was interrupted.
 *
 * @throws PlatformError
 */
export async function importToken(
  deps: ImportDeps,
  line: TokenImport,
  grant: AcceptedGrant,
  options: ImportOptions,
  deadline: Deadline,
): Promise<TokenImported> {
  const importedFrom = importDigest(deps.clientId, line.connectionId, line.refreshToken);
  const read = () => deps.connections.read(line.connectionId);
  const imported = await retryConflicts(
    { read, maxTries: MAX_TRIES },
    async (stored): Promise<TokenImported | 'conflict'> => {
      const exists = whyKept(stored, importedFrom, options);
      if (exists !== undefined) {
        if (isUnfinished(stored, exists, options)) await invalidateAccessTokens(deps, stored, deadline);
        return { outcome: 'exists', reason: exists };
      }
      const outcome = stored === undefined ? 'imported' : 'replaced';
      if (options.dryRun) return { outcome, ...endOf(importedLife(grant, deps.clock.nowMs())) };
      const connection = await sealed(deps, line, { grant, importedFrom, stored });
      if ((await deps.connections.replaceGeneration(connection, stored ?? 'nothing')) === 'conflict')
        return 'conflict';
      if (stored !== undefined) await invalidateAccessTokens(deps, connection, deadline);
      await rotateIfSoon(deps, line.connectionId, grant);
      return { outcome, ...endOf(connection) };
    },
  );
  return imported === 'contended' ? { outcome: 'contended' } : imported;
}

/** Why what is stored stays as it is. */
function whyKept(
  stored: Connection | undefined,
  importedFrom: string,
  { replace }: ImportOptions,
): ImportExists | undefined {
  if (stored === undefined) return undefined;
  if (stored.state === 'disconnecting' || stored.state === 'disconnected') return 'disconnected';
  if (stored.importedFrom === importedFrom) return 'same_token';
  return replace ? undefined : 'in_use';
}

/** The process that replaced it may have died before the tombstones were written. */
function isUnfinished(
  stored: Connection | undefined,
  exists: ImportExists,
  { dryRun, replace }: ImportOptions,
): stored is Connection {
  return stored !== undefined && exists === 'same_token' && stored.version === 1 && replace && !dryRun;
}

interface Incoming {
  readonly grant: AcceptedGrant;
  readonly importedFrom: string;
  readonly stored: Connection | undefined;
}

async function sealed(
  deps: ImportDeps,
  { connectionId, refreshToken }: TokenImport,
  { grant, importedFrom, stored }: Incoming,
): Promise<Connection> {
  const { clientId, clock, random } = deps;
  const seal = await deps.sealer.prepare({ purpose: 'refresh', connectionId, clientId });
  const nowMs = clock.nowMs();
  const generation = mintGenerationAfter(stored?.generation, nowMs, random.bytes(10));
  const binding = { purpose: 'refresh', connectionId, clientId, generation, version: 1 } as const;
  const imported = importedConnection(
    {
      connectionId,
      clientId,
      generation,
      sealed: seal.seal(refreshToken, binding),
      importedFrom,
      commitId: randomHandle(random, 16),
    },
    grant,
    nowMs,
  );
  if (stored === undefined) return imported;
  const ended = isOtherSubject(stored, imported) ? await liveAccessTokens(deps, connectionId) : [];
  // No user consented: the response reports the replacement, and no event does.
  return takingThePlaceOf(stored, imported, [], ended);
}

/** The cache may still hold an access token of the replaced grant. */
function invalidateAccessTokens(deps: ImportDeps, connection: Connection, deadline: Deadline): Promise<void> {
  return publishConsent(deps, connection, undefined, deadline);
}

/** Best effort: the connection is due, so the reconciler finds it if this fails. */
async function rotateIfSoon(
  { rotator, clock, telemetry }: ImportDeps,
  connectionId: string,
  { refreshExpiresAtMs }: AcceptedGrant,
): Promise<void> {
  if (refreshExpiresAtMs === undefined) return;
  if (refreshExpiresAtMs - clock.nowMs() > TOO_SOON_FOR_THE_RECONCILER_MS) return;
  try {
    await rotator.start({ connectionId, trigger: 'operator' });
  } catch (error) {
    telemetry.error('An imported token that expires soon could not be rotated at once.', error, {
      connectionId,
    });
  }
}

function endOf({ refreshExpiresAtMs }: { readonly refreshExpiresAtMs?: number }) {
  return refreshExpiresAtMs === undefined ? {} : { refreshExpiresAtMs };
}

interface ImportedToken {
  readonly connectionId: string;
  readonly clientId: string;
  readonly generation: string;
  readonly sealed: Uint8Array;
  readonly importedFrom: string;
  readonly commitId: string;
}

/**
 * The connection of an imported token. It is due at once, and only `suspect`, because another system may have consumed the
 * token. Its first rotation proves it; a refusal is handled with the usual patience. It is vended from like any other.
 */
function importedConnection(token: ImportedToken, grant: AcceptedGrant, nowMs: number): Connection {
  const { connectionId, clientId, generation, sealed, commitId, importedFrom } = token;
  const { subject, scopes } = grant;
  return {
    ...connectionOf({
      connectionId,
      clientId,
      generation,
      ...defined({ subject }),
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

/** The expiry that is assumed, also by a dry run. */
function importedLife({ refreshExpiresAtMs }: AcceptedGrant, nowMs: number): RefreshLife {
  const refreshTokenExpiresAtMs = refreshExpiresAtMs ?? nowMs + ASSUMED_IMPORTED_LIFE_MS;
  return firstRefreshLife(nowMs, { refreshTokenExpiresAtMs });
}
