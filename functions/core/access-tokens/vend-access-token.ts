import { defined } from '../defined.ts';
import { PlatformError, type PlatformErrorCode } from '../platform-error.ts';
import type { AccessTokenStore } from '../ports/access-tokens.ts';
import type { ConnectionStore } from '../ports/connections.ts';
import type { TokenOpener } from '../ports/sealing.ts';
import type { RotateRequest } from '../rotation/rotate-request.ts';
import type { Secret } from '../secret.ts';
import type { SealedAccessToken } from './access-token-record.ts';
import {
  classifyStoredToken,
  type RenewalReason,
  renewalDue,
  type TokenRequirement,
} from './classify-stored-token.ts';
import {
  createBackgroundRenewal,
  createSharedRenewal,
  type RenewalDeps,
  type RenewalFailure,
  type RenewalResult,
} from './renew-access-token.ts';
import type { ScopeSets } from './scope-sets.ts';

export interface VendDeps extends RenewalDeps, CurrentTokensDeps {
  readonly opener: TokenOpener;
  readonly scopeSets: ScopeSets;
  readonly clientId: string;
}

export interface VendRequest {
  readonly connectionId: string;
  /** Space-delimited; absent = everything granted. */
  readonly scopes?: string;
  readonly minTtlSeconds?: number;
  /** First 16 hex digits of the SHA-256 of a token that Adobe refused. */
  readonly rejectedDigest?: string;
}

export type VendResult = VendedAccessToken | VendFailure;

export interface VendedAccessToken {
  readonly outcome: 'vended';
  readonly accessToken: Secret;
  readonly expiresAtMs: number;
  readonly expiresInSeconds: number;
  readonly scopes: readonly string[];
  readonly source: VendSource;
}

/** `cache`: the stored token was good enough. `renewed`: the caller waited for a rotation. */
export type VendSource = 'cache' | 'renewed';

export type VendFailure =
  | RenewalFailure
  | { readonly outcome: 'unknown-scope-set'; readonly available: readonly (readonly string[])[] };

export type VendAccessToken = (request: VendRequest) => Promise<VendResult>;

/** One request, while it is answered. */
interface Vend {
  readonly connectionId: string;
  readonly scopeSet: string;
  readonly requirement: TokenRequirement;
  /** On the monotonic clock. */
  readonly startedAtMs: number;
}

const UNREADABLE: ReadonlySet<PlatformErrorCode> = new Set(['SEAL_BROKEN', 'KEY_UNKNOWN']);

/**
 * Vends the access token of one connection; it never sees a refresh token.
 *
 * 1. Read the stored token, and the generation of its connection next to it.
 * 2. Serve it if it meets the caller's requirement. If a rotation is due, start one in the background.
 * 3. Otherwise have `rotate` renew it. Concurrent callers with the same requirement share one renewal.
 * 4. Open the token for the caller.
 *
 * @throws PlatformError when the store or KMS does not answer
 */
export function createVendAccessToken(deps: VendDeps): VendAccessToken {
  const { clock, scopeSets, telemetry } = deps;
  const accessTokens = createCurrentTokens(deps);
  const renew = createSharedRenewal({ ...deps, accessTokens });
  const serve = createServe(deps);

  const vend = async (request: VendRequest, startedAtMs: number): Promise<VendResult> => {
    const { connectionId } = request;
    const scopeSet = scopeSets.resolve(request.scopes);
    if (scopeSet === undefined) return { outcome: 'unknown-scope-set', available: scopeSets.narrower };
    const stored = await accessTokens.read(connectionId, scopeSet);
    const isRejected = stored?.kind === 'token' && stored.digest === request.rejectedDigest;
    if (isRejected) telemetry.measure('RejectedTokens', 1, 'Count');
    const requirement: TokenRequirement = {
      ...defined({ minTtlSeconds: request.minTtlSeconds }),
      ...(isRejected && { not: stored }),
    };
    const current: Vend = { connectionId, scopeSet, startedAtMs, requirement };
    const classified = classifyStoredToken(stored, requirement, clock.nowMs());
    switch (classified.kind) {
      case 'min-ttl-too-long':
        return { outcome: 'min-ttl-too-long', maximumSeconds: classified.maximumSeconds };
      case 'serve':
        return serveStored(current, classified.token);
      case 'renew':
        return serveRenewed(current, await renew({ ...current, minTtlSeconds: classified.minTtlSeconds }));
    }
  };

  /** A stored token that no key opens counts as absent, once: a refresh replaces it. */
  const serveStored = async (current: Vend, token: SealedAccessToken): Promise<VendResult> => {
    try {
      return await serve(current, token, 'cache');
    } catch (error) {
      if (!(error instanceof PlatformError && UNREADABLE.has(error.code))) throw error;
      const { connectionId } = current;
      telemetry.error('A stored access token cannot be opened. A refresh replaces it.', error, {
        connectionId,
      });
      const requirement = { ...current.requirement, not: token };
      const classified = classifyStoredToken(token, requirement, clock.nowMs());
      const minTtlSeconds = classified.kind === 'renew' ? classified.minTtlSeconds : 0;
      return serveRenewed(current, await renew({ ...current, requirement, minTtlSeconds }));
    }
  };

  const serveRenewed = async (current: Vend, renewal: RenewalResult): Promise<VendResult> =>
    renewal.outcome === 'renewed' ? serve(current, renewal.token, 'renewed') : renewal;

  return async (request) => {
    const startedAtMs = clock.monotonicMs();
    const measure = (source: string) => {
      telemetry.measure('Vends', 1, 'Count', { source });
      telemetry.measure('VendLatency', clock.monotonicMs() - startedAtMs, 'Milliseconds', { source });
    };
    try {
      const vended = await vend(request, startedAtMs);
      measure(vended.outcome === 'vended' ? vended.source : vended.outcome);
      return vended;
    } catch (error) {
      if (error instanceof PlatformError) measure('unavailable');
      throw error;
    }
  };
}

export interface CurrentTokensDeps {
  readonly accessTokens: Pick<AccessTokenStore, 'read'>;
  readonly connections: Pick<ConnectionStore, 'readGeneration'>;
}

/**
 * Reads the cache as far as the connection's own generation allows. A token of an earlier consent, or a copy of it that was
 * put back over its tombstone, counts as nothing stored. A token of a later generation than was read is newer than the
 * connection that was read: it was published in between. Both tables are read in parallel.
 */
function createCurrentTokens({
  accessTokens,
  connections,
}: CurrentTokensDeps): Pick<AccessTokenStore, 'read'> {
  return {
    async read(connectionId, scopeSet) {
      const [record, generation] = await Promise.all([
        accessTokens.read(connectionId, scopeSet),
        connections.readGeneration(connectionId),
      ]);
      const isCurrent = record && generation !== undefined && record.generation >= generation;
      return isCurrent ? record : undefined;
    },
  };
}

/** Opens a token for its caller and, when a rotation is due, starts one in the background. */
function createServe({ opener, clock, clientId, ...deps }: VendDeps) {
  const renewInBackground = createBackgroundRenewal({ clock, ...deps });
  return async (current: Vend, token: SealedAccessToken, source: VendSource): Promise<VendResult> => {
    const { connectionId, scopeSet } = current;
    const { generation, version, expiresAtMs, scopes } = token;
    const due = renewalDue(token, clock.nowMs());
    const [accessToken] = await Promise.all([
      opener.open(token.sealed, {
        purpose: 'access',
        connectionId,
        clientId,
        generation,
        version,
        expiresAtMs,
        scopeSet,
      }),
      due && renewInBackground(backgroundRequest(current, due)),
    ]);
    const expiresInSeconds = Math.floor((expiresAtMs - clock.nowMs()) / 1000);
    return { outcome: 'vended', accessToken, expiresAtMs, expiresInSeconds, scopes, source };
  };
}

/** An overdue rotation is requested as its schedule would have: `rotate` checks whether it is still due. */
function backgroundRequest({ connectionId, scopeSet }: Vend, due: RenewalReason): RotateRequest {
  if (due.kind === 'overdue') return { connectionId, trigger: 'schedule' };
  return { connectionId, trigger: 'vend', requirement: { scopeSet, minTtlSeconds: due.minTtlSeconds } };
}
