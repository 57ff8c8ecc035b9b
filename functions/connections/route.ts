import * as v from 'valibot';
import type {
  ConnectionListResponse,
  ConnectionStatusResponse,
  DisconnectResponse,
  EraseSubjectRequest,
  EraseSubjectResponse,
  ListedConnectionResponse,
  RotationResponse,
} from '../../client/contract.ts';
import {
  type HttpEvent,
  type HttpHandler,
  type HttpResult,
  pathConnectionId,
} from '../adapters/http/http-event.ts';
import { readJsonBody } from '../adapters/http/json-body.ts';
import { problem } from '../adapters/http/problem.ts';
import { jsonResponse } from '../adapters/http/responses.ts';
import { createRouter } from '../adapters/http/routing.ts';
import type { DisconnectResult } from '../core/connection/disconnect.ts';
import type { EraseResult, EraseSubject } from '../core/connection/erase-subject.ts';
import type {
  ConnectionStatus,
  DescribeResult,
  ListConnections,
  ListResult,
} from '../core/connection/read-connections.ts';
import type { ForceResult, ForceRotation } from '../core/connection/request-rotation.ts';
import { defined } from '../core/defined.ts';
import { isoTime } from '../core/moment.ts';
import { cursorOf, readListRequest } from './list-request.ts';

export interface ConnectionRoutes {
  readonly listConnections: ListConnections;
  readonly describeConnection: (connectionId: string) => Promise<DescribeResult>;
  readonly beginDisconnect: (connectionId: string) => Promise<DisconnectResult>;
  readonly eraseSubject: EraseSubject;
  readonly forceRotation: ForceRotation;
}

const MAX_SUB_LENGTH = 256;

const eraseSubjectBody = v.strictObject({
  sub: v.pipe(
    v.string('a string was expected.'),
    v.nonEmpty('must not be empty.'),
    v.maxLength(MAX_SUB_LENGTH, 'is too long.'),
  ),
}) satisfies v.GenericSchema<EraseSubjectRequest>;

/** The table answers again sooner than `rotate`. */
export const RETRY_AFTER_SECONDS = { STORE_UNAVAILABLE: 2, ITEM_MALFORMED: 2, ACCESS_DENIED: 2 } as const;

/** `GET /connections`, `GET` and `DELETE /connections/{connectionId}`, `POST …/rotations`, `POST /subjects/erase` */
export function createConnectionsRoute(routes: ConnectionRoutes): HttpHandler {
  return createRouter({
    'GET /connections': async (event) => {
      const request = readListRequest(event);
      if (typeof request === 'string') return problem('invalid_request', { detail: request });
      const listed = await routes.listConnections(request);
      return jsonResponse(200, listResponse(listed));
    },
    'GET /connections/{connectionId}': (event) =>
      onConnection(event, async (connectionId) => {
        const described = await routes.describeConnection(connectionId);
        return described.outcome === 'found'
          ? jsonResponse(200, statusResponse(described.status))
          : failureResponse(described);
      }),
    'DELETE /connections/{connectionId}': (event) =>
      onConnection(event, async (connectionId) => {
        const disconnect = await routes.beginDisconnect(connectionId);
        if (disconnect.outcome !== 'disconnecting') return failureResponse(disconnect);
        const body: DisconnectResponse = { connectionId, state: 'disconnecting' };
        return jsonResponse(202, body);
      }),
    'POST /connections/{connectionId}/rotations': (event) =>
      onConnection(event, async (connectionId) => {
        const forced = await routes.forceRotation(connectionId);
        if (forced.outcome !== 'answered') return failureResponse(forced);
        const status = forced.rotation.outcome === 'still-running' ? 202 : 200;
        return jsonResponse(status, rotationResponse(connectionId, forced.rotation));
      }),
    'POST /subjects/erase': async (event) => {
      const body = readJsonBody(event, eraseSubjectBody);
      if (body.kind === 'invalid') return problem('invalid_request', { detail: body.detail });
      const erased = await routes.eraseSubject(body.value.sub);
      return erased.outcome === 'erasing' ? jsonResponse(202, receipt(erased)) : failureResponse(erased);
    },
  });
}

async function onConnection(
  event: HttpEvent,
  answer: (connectionId: string) => Promise<HttpResult>,
): Promise<HttpResult> {
  const connectionId = pathConnectionId(event);
  if (connectionId !== undefined) return answer(connectionId);
  return problem('invalid_request', { detail: 'The path does not name a connection id.' });
}

function receipt(erased: Extract<EraseResult, { outcome: 'erasing' }>): EraseSubjectResponse {
  const { connections, unknownOwners, repeatAfterMs } = erased;
  return { connections, unknownOwners, repeatAfter: isoTime(repeatAfterMs) };
}

type Failure = Exclude<
  DescribeResult | DisconnectResult | EraseResult | ForceResult,
  { outcome: 'found' | 'disconnecting' | 'erasing' | 'answered' }
>;

function failureResponse(failure: Failure): HttpResult {
  switch (failure.outcome) {
    case 'not-found':
      return problem('connection_not_found');
    case 'not-renewable':
      return problem('not_renewable', { detail: 'The connection has no refresh token.' });
    case 'contended':
    case 'incomplete':
      return problem('temporarily_unavailable', { retryAfterSeconds: failure.retryAfterMs / 1000 });
  }
}

function listResponse({ connections, next }: ListResult): ConnectionListResponse {
  return { connections: connections.map(listedResponse), ...(next && { nextCursor: cursorOf(next) }) };
}

function listedResponse(listed: ListResult['connections'][number]): ListedConnectionResponse {
  const { connectionId, state, sliding, degraded, refreshExpiresAtMs, lateSinceMs, noNewTokens } = listed;
  return {
    connectionId,
    state,
    sliding,
    ...(degraded && { degraded: degraded.code }),
    ...(refreshExpiresAtMs !== undefined && { refreshExpiresAt: isoTime(refreshExpiresAtMs) }),
    ...(lateSinceMs !== undefined && { lateSince: isoTime(lateSinceMs) }),
    ...defined({ noNewTokens }),
  };
}

function statusResponse(status: ConnectionStatus): ConnectionStatusResponse {
  const { connectionId, state, subject, grantedScopes, renewable, sliding, degraded } = status;
  return {
    connectionId,
    state,
    ...defined({ sub: subject }),
    ...status.profile,
    scopes: grantedScopes,
    renewable,
    sliding,
    ...(degraded !== undefined && { degraded: degraded.code }),
    ...defined({ userActionUrl: status.userActionUrl }),
    connectedAt: isoTime(status.connectedAtMs),
    ...(status.rotatedAtMs !== undefined && { rotatedAt: isoTime(status.rotatedAtMs) }),
    ...(status.rotateAtMs !== undefined && { nextRotationAt: isoTime(status.rotateAtMs) }),
    ...(status.refreshExpiresAtMs !== undefined && { refreshExpiresAt: isoTime(status.refreshExpiresAtMs) }),
    ...(status.statedExpiresAtMs !== undefined && { statedExpiresAt: isoTime(status.statedExpiresAtMs) }),
    ...prospectResponse(status),
  };
}

function prospectResponse({ failure, nextTryAtMs, lateSinceMs, ...status }: ConnectionStatus) {
  return defined({
    lastError: failure?.code,
    failingSince: failure?.sinceMs === undefined ? undefined : isoTime(failure.sinceMs),
    failedTries: failure?.tries,
    nextTryAt: nextTryAtMs === undefined ? undefined : isoTime(nextTryAtMs),
    heldByBreaker: status.heldByBreaker,
    lateSince: lateSinceMs === undefined ? undefined : isoTime(lateSinceMs),
    noNewTokens: status.noNewTokens,
  });
}

type Rotation = Extract<ForceResult, { outcome: 'answered' }>['rotation'];

/** Picks attributes one by one: an attribute added to an outcome later stays private until it is named here. */
function rotationResponse(connectionId: string, rotation: Rotation): RotationResponse {
  const retryAfterMs = 'retryAfterMs' in rotation ? rotation.retryAfterMs : undefined;
  const reason = reasonOf(rotation);
  const jumpUrl = 'jumpUrl' in rotation ? rotation.jumpUrl : undefined;
  return {
    connectionId,
    outcome: rotation.outcome,
    ...defined({ reason, userActionUrl: jumpUrl }),
    ...(retryAfterMs !== undefined && { retryAfterSeconds: Math.ceil(retryAfterMs / 1000) }),
  };
}

function reasonOf(rotation: Rotation): string | undefined {
  if ('reason' in rotation) return rotation.reason;
  return 'code' in rotation ? rotation.code : undefined;
}
