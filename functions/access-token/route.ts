import {
  type AccessTokenResponse,
  REJECTED_TOKEN_HEADER,
  type RevokeAccessTokensResponse,
} from '../../client/contract.ts';
import {
  type HttpEvent,
  type HttpHandler,
  type HttpResult,
  pathConnectionId,
  queryParameters,
  repeatedParameter,
} from '../adapters/http/http-event.ts';
import { type ProblemOptions, problem } from '../adapters/http/problem.ts';
import { jsonResponse } from '../adapters/http/responses.ts';
import { createRouter } from '../adapters/http/routing.ts';
import type {
  VendAccessToken,
  VendedAccessToken,
  VendFailure,
  VendRequest,
} from '../core/access-tokens/vend-access-token.ts';
import type { RevokeAccessTokens, RevokeResult } from '../core/connection/request-rotation.ts';
import { defined } from '../core/defined.ts';
import { isoTime } from '../core/moment.ts';
import type { Suspicion } from '../core/rotation/rotate-request.ts';

const NO_CONNECTION_ID = 'The path does not name a connection id.';
const PARAMETERS = ['min_ttl', 'scopes'];
const LONGEST_RETRY_AFTER_SECONDS = 3600;

export interface AccessTokenRoutes {
  readonly vendAccessToken: VendAccessToken;
  readonly revokeAccessTokens: RevokeAccessTokens;
}

/**
 * `GET /access-tokens/{connectionId}?min_ttl=300&scopes=…` and `DELETE /access-tokens/{connectionId}`. IAM has authorized the
 * caller for the connection id in the path (lib/iam/connection-grants.ts).
 */
export function createAccessTokenRoute({
  vendAccessToken,
  revokeAccessTokens,
}: AccessTokenRoutes): HttpHandler {
  return createRouter({
    'GET /access-tokens/{connectionId}': async (event) => {
      const request = readRequest(event);
      if (typeof request === 'string') return problem('invalid_request', { detail: request });
      const result = await vendAccessToken(request);
      return result.outcome === 'vended'
        ? jsonResponse(200, accessTokenResponse(request.connectionId, result))
        : failureResponse(result);
    },
    'DELETE /access-tokens/{connectionId}': async (event) => {
      const connectionId = pathConnectionId(event);
      if (connectionId === undefined) return problem('invalid_request', { detail: NO_CONNECTION_ID });
      return revokeResponse(connectionId, await revokeAccessTokens(connectionId));
    },
  });
}

function revokeResponse(connectionId: string, revoke: RevokeResult): HttpResult {
  switch (revoke.outcome) {
    case 'not-found':
      return problem('connection_not_found');
    case 'busy':
      return problem('temporarily_unavailable', {
        retryAfterSeconds: retryAfterSeconds(revoke.retryAfterMs),
      });
    case 'revoked': {
      const { invalidated, revokedAtAdobe, pending } = revoke;
      const body: RevokeAccessTokensResponse = { connectionId, invalidated, revokedAtAdobe, pending };
      return jsonResponse(200, body);
    }
  }
}

/** The request, or a sentence that says what is wrong with it. */
function readRequest(event: HttpEvent): VendRequest | string {
  const connectionId = pathConnectionId(event);
  if (connectionId === undefined) return NO_CONNECTION_ID;
  const query = queryParameters(event);
  const repeated = repeatedParameter(query, PARAMETERS);
  if (repeated !== undefined) return `${repeated} must be given once.`;
  const minTtl = query.get('min_ttl');
  if (minTtl !== null && !/^\d{1,6}$/.test(minTtl)) return 'min_ttl must be a whole number of seconds.';
  const rejectedDigest = event.headers?.[REJECTED_TOKEN_HEADER];
  if (rejectedDigest !== undefined && !/^[0-9a-f]{16}$/.test(rejectedDigest)) {
    return 'X-Rejected-Token must be the first 16 hex digits of the SHA-256 of an access token, in lower case.';
  }
  const scopes = query.get('scopes');
  return {
    connectionId,
    ...(minTtl !== null && { minTtlSeconds: Number(minTtl) }),
    ...(scopes !== null && { scopes }),
    ...defined({ rejectedDigest }),
  };
}

function accessTokenResponse(connectionId: string, vended: VendedAccessToken): AccessTokenResponse {
  return {
    accessToken: vended.accessToken.reveal(),
    tokenType: 'Bearer',
    expiresAt: isoTime(vended.expiresAtMs),
    expiresInSeconds: vended.expiresInSeconds,
    scopes: vended.scopes,
    connectionId,
  };
}

function failureResponse(failure: VendFailure): HttpResult {
  switch (failure.outcome) {
    case 'not-found':
      return problem('connection_not_found');
    case 'reauthorization-required':
      return problem('reauthorization_required');
    case 'user-action-required':
      return problem('user_action_required', {
        ...(failure.jumpUrl !== undefined && { extensions: { userActionUrl: failure.jumpUrl } }),
      });
    case 'not-renewable':
      return problem('not_renewable');
    case 'unavailable':
      return problem('temporarily_unavailable', {
        retryAfterSeconds: retryAfterSeconds(failure.retryAfterMs),
        ...(failure.suspicion && suspicionDetail(failure.suspicion)),
      });
    case 'min-ttl-too-long':
      return problem('invalid_request', {
        detail: `min_ttl may be at most ${failure.maximumSeconds} for this connection: half the life of its access tokens.`,
        extensions: { maximumMinTtl: failure.maximumSeconds },
      });
    case 'scopes-not-granted':
      return problem('scopes_not_granted', {
        retryAfterSeconds: retryAfterSeconds(failure.retryAfterMs),
      });
    case 'unknown-scope-set':
      return problem('scopes_not_available', { extensions: { availableScopes: failure.available } });
  }
}

function suspicionDetail({ sinceMs, nextTryAtMs }: Suspicion): ProblemOptions {
  return {
    detail: 'Adobe refuses the grant. The vault tries again before it calls the grant revoked.',
    extensions: { suspectSince: isoTime(sinceMs), nextTryAt: isoTime(nextTryAtMs) },
  };
}

function retryAfterSeconds(retryAfterMs: number): number {
  return Math.min(LONGEST_RETRY_AFTER_SECONDS, retryAfterMs / 1000);
}
