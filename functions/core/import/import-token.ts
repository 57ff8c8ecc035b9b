import { liveAccessTokens } from '../access-tokens/invalidate-access-tokens.ts';
import type { Connection } from '../connection/connection.ts';
import { mintGenerationAfter } from '../connection/generation.ts';
import { retryConflicts } from '../connection/retry-conflicts.ts';
import { publishConsent } from '../consent/activate-connection.ts';
import { isOtherSubject, takingThePlaceOf } from '../consent/consent-connection.ts';
import { randomHandle } from '../consent/transaction.ts';
import type { Deadline } from '../deadline.ts';
import { HOUR_MS } from '../durations.ts';
import type { AccessTokenStore } from '../ports/access-tokens.ts';
import type { ConnectionStore } from '../ports/connections.ts';
import type { Telemetry } from '../ports/events.ts';
import type { Clock, Random } from '../ports/platform.ts';
import type { Rotator } from '../ports/rotation.ts';
import type { TokenSealer } from '../ports/sealing.ts';
import type { AcceptedGrant } from './decide-import.ts';
import { importedConnection, importedLife } from './imported-connection.ts';
import { type ImportExists, importDigest, type TokenImport } from './token-import.ts';

export interface ImportDeps {
  readonly connections: Pick<ConnectionStore, 'read' | 'begin'>;
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
  /** Form, client and end of life are judged; nothing is written. */
  readonly dryRun: boolean;
  /** Take the place of what is connected under the same id. */
  readonly replace: boolean;
}

export type TokenImported =
  | { readonly result: 'imported' | 'replaced'; readonly refreshExpiresAtMs?: number }
  | { readonly result: 'exists'; readonly reason: ImportExists }
  /** The connection changed under our hands again and again. */
  | { readonly result: 'contended' };

/** A rotation may commit between our read and our write. */
const MAX_TRIES = 4;
/** The reconciler comes hourly, looks for due times half an hour late and spreads what it finds over an hour. */
const TOO_SOON_FOR_THE_RECONCILER_MS = 6 * HOUR_MS;

/**
 * Seals one token and brings it in under a generation of its own, with the same conditional write as a consent. Its due time is
 * due at once and has no schedule: the reconciler gives it one, earliest end of life first and under its cap, so that a fleet that
 * moves in does not become a storm at Adobe. Throws `PlatformError`; repeating it is safe, and finishes what was interrupted.
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
        return { result: 'exists', reason: exists };
      }
      const result = stored === undefined ? 'imported' : 'replaced';
      if (options.dryRun) return { result, ...endOf(importedLife(grant, deps.clock.nowMs())) };
      const connection = await sealed(deps, line, { grant, importedFrom, stored });
      if ((await deps.connections.begin(connection, stored ?? 'nothing')) === 'conflict') return 'conflict';
      if (stored !== undefined) await invalidateAccessTokens(deps, connection, deadline);
      await rotateIfSoon(deps, line.connectionId, grant);
      return { result, ...endOf(connection) };
    },
  );
  return imported === 'contended' ? { result: 'contended' } : imported;
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

/** Whoever replaced it may have died before the tombstones were written. */
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
  const owed = isOtherSubject(stored, imported) ? await liveAccessTokens(deps, connectionId) : [];
  // Nobody has consented: what was connected is told of by the answer, not by an event.
  return takingThePlaceOf(stored, imported, [], owed);
}

/** The cache may still hold a token of what was replaced. */
function invalidateAccessTokens(deps: ImportDeps, connection: Connection, deadline: Deadline): Promise<void> {
  return publishConsent(deps, connection, undefined, deadline);
}

/** Best effort: the due time is due, so the reconciler finds it if this fails. */
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
    telemetry.error('An imported token that ends soon could not be rotated at once.', error, {
      connectionId,
    });
  }
}

function endOf({ refreshExpiresAtMs }: { readonly refreshExpiresAtMs?: number }) {
  return refreshExpiresAtMs === undefined ? {} : { refreshExpiresAtMs };
}
