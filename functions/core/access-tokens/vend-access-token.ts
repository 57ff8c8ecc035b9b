import { PlatformError, type PlatformErrorCode } from '../platform-error.ts';
import type { TokenOpener } from '../ports/sealing.ts';
import type { RotateRequest } from '../rotation/rotate-request.ts';
import type { SealedAccessToken } from './access-token-record.ts';
import { createBackgroundRenewal } from './background-renewal.ts';
import {
  classifyStoredToken,
  type RenewalReason,
  renewalDue,
  type TokenRequirement,
} from './classify-stored-token.ts';
import { createPresentTokens, type PresentTokensDeps } from './present-tokens.ts';
import { createRenewal, type Renewal, type RenewalDeps, type RenewalResult } from './renew-access-token.ts';
import type { ScopeSets } from './scope-sets.ts';
import { createSingleFlight } from './single-flight.ts';
import type { VendFailure, VendResult, VendSource } from './vend-result.ts';

export interface VendDeps extends RenewalDeps, PresentTokensDeps {
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

export type VendAccessToken = (request: VendRequest) => Promise<VendResult>;

interface VendContext {
  readonly connectionId: string;
  readonly scopeSet: string;
  readonly demand: TokenRequirement;
  readonly startedAtMs: number;
}

const RETRY_AFTER_MS = 5000;
const UNREADABLE: ReadonlySet<PlatformErrorCode> = new Set(['SEAL_BROKEN', 'KEY_UNKNOWN']);

/**
 * Hands out the access token of one connection. Reads the cache of sealed tokens beside the connection's generation, opens
 * one token, and asks `rotate` when what is there is not good enough; never sees a refresh token.
 */
export function createVendAccessToken(deps: VendDeps): VendAccessToken {
  const { clock, scopeSets, telemetry } = deps;
  const accessTokens = createPresentTokens(deps);
  const renew = createSharedRenewal({ ...deps, accessTokens });
  const serve = createServe(deps);

  const vend = async (request: VendRequest, startedAtMs: number): Promise<VendResult> => {
    const { connectionId } = request;
    const scopeSet = scopeSets.resolve(request.scopes);
    if (scopeSet === undefined) return { result: 'unknown-scope-set', allowed: scopeSets.all };
    const stored = await accessTokens.read(connectionId, scopeSet);
    const rejected = stored?.kind === 'token' && stored.digest === request.rejectedDigest;
    const asked: VendContext = {
      connectionId,
      scopeSet,
      startedAtMs,
      demand: {
        ...(request.minTtlSeconds !== undefined && { minTtlSeconds: request.minTtlSeconds }),
        ...(rejected && { not: stored }),
      },
    };
    if (rejected) telemetry.measure('RejectedTokens', 1, 'Count');
    const classified = classifyStoredToken(stored, asked.demand, clock.nowMs());
    switch (classified.kind) {
      case 'min-ttl-too-long':
        return { result: 'min-ttl-too-long', maximumSeconds: classified.maximumSeconds };
      case 'serve':
        return recoverOnce(asked, classified.token);
      case 'renew':
        return serveRenewed(asked, await renew({ ...asked, minTtlSeconds: classified.minTtlSeconds }));
    }
  };

  /** A cached token that nobody can open counts as absent, once: a refresh fixes it. */
  const recoverOnce = async (asked: VendContext, token: SealedAccessToken): Promise<VendResult> => {
    try {
      return await serve(asked, token, 'cache');
    } catch (error) {
      if (!(error instanceof PlatformError && UNREADABLE.has(error.code))) throw error;
      telemetry.error('A stored access token cannot be opened; a refresh replaces it.', error, {
        connectionId: asked.connectionId,
      });
      const demand = { ...asked.demand, not: token };
      const classified = classifyStoredToken(token, demand, clock.nowMs());
      const minTtlSeconds = classified.kind === 'renew' ? classified.minTtlSeconds : 0;
      return serveRenewed(asked, await renew({ ...asked, demand, minTtlSeconds }));
    }
  };

  const serveRenewed = async (asked: VendContext, renewal: RenewalResult): Promise<VendResult> =>
    renewal.result === 'token' ? serve(asked, renewal.token, 'renewed') : renewal;

  return async (request) => {
    const startedAtMs = clock.monotonicMs();
    const result = await vend(request, startedAtMs).catch((error: unknown): VendFailure => {
      if (!(error instanceof PlatformError)) throw error;
      telemetry.error('An access token could not be vended.', error, { connectionId: request.connectionId });
      return { result: 'unavailable', reason: error.code, retryAfterMs: RETRY_AFTER_MS };
    });
    const source = result.result === 'vended' ? result.source : result.result;
    telemetry.measure('Vends', 1, 'Count', { source });
    telemetry.measure('VendLatency', clock.monotonicMs() - startedAtMs, 'Milliseconds', { source });
    return result;
  };
}

/** Concurrent callers who need the same thing share one renewal. */
function createSharedRenewal(deps: RenewalDeps): (renewal: Renewal) => Promise<RenewalResult> {
  const renew = createRenewal(deps);
  const flights = createSingleFlight<RenewalResult>();
  return (renewal) => {
    const { connectionId, scopeSet, minTtlSeconds, demand } = renewal;
    const { generation, version, issuedAtMs } = demand.not ?? {};
    const key = JSON.stringify([connectionId, scopeSet, minTtlSeconds, generation, version, issuedAtMs]);
    return flights(key, () => renew(renewal));
  };
}

/** Opens a token for its caller and, when a rotation is due, starts one on the side. */
function createServe({ opener, clock, clientId, ...deps }: VendDeps) {
  const renewInBackground = createBackgroundRenewal({ clock, ...deps });
  return async (asked: VendContext, token: SealedAccessToken, source: VendSource): Promise<VendResult> => {
    const { connectionId, scopeSet } = asked;
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
      due && renewInBackground(backgroundRequest(asked, due)),
    ]);
    const expiresInSeconds = Math.floor((expiresAtMs - clock.nowMs()) / 1000);
    return { result: 'vended', accessToken, expiresAtMs, expiresInSeconds, scopes, source };
  };
}

/** An overdue rotation is asked for as its schedule would have: `rotate` looks for itself whether it is still due. */
function backgroundRequest({ connectionId, scopeSet }: VendContext, due: RenewalReason): RotateRequest {
  if (due.reason === 'overdue') return { connectionId, trigger: 'schedule' };
  return { connectionId, trigger: 'vend', requirement: { scopeSet, minTtlSeconds: due.minTtlSeconds } };
}
