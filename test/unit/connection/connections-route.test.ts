import { expect, test } from 'vitest';
import { withProblemBoundary } from '../../../functions/adapters/http/routing.ts';
import { createConnectionsRoute, RETRY_AFTER_SECONDS } from '../../../functions/connections/route.ts';
import type { Connection } from '../../../functions/core/connection/connection.ts';
import { createBeginDisconnect } from '../../../functions/core/connection/disconnect.ts';
import {
  createDescribeConnection,
  createListConnections,
} from '../../../functions/core/connection/read-connections.ts';
import { createCollectingTelemetry } from '../../support/fakes/collecting-telemetry.ts';
import { exampleConnection } from '../../support/fakes/example-records.ts';
import { createFakeAccessTokenStore } from '../../support/fakes/fake-access-token-store.ts';
import { createFakeConnectionDirectory } from '../../support/fakes/fake-connection-indexes.ts';
import {
  createConnectionMemory,
  createFakeConnectionStore,
} from '../../support/fakes/fake-connection-store.ts';
import { createFakeRotator } from '../../support/fakes/fake-rotator.ts';
import { createManualClock } from '../../support/fakes/manual-clock.ts';
import { createSeededRandom } from '../../support/fakes/seeded-random.ts';
import { type Fault, injectFaults, onEvery, unreachable } from '../../support/faults/fault-proxy.ts';

const ID = 'acme.user-42';

function fixture(connection?: Connection, faults: Fault[] = []) {
  const memory = createConnectionMemory();
  if (connection) memory.connections.set(ID, connection);
  const connections = injectFaults(createFakeConnectionStore(memory), faults);
  const telemetry = createCollectingTelemetry();
  const clock = createManualClock();
  const directory = createFakeConnectionDirectory(memory);
  const route = createConnectionsRoute({
    listConnections: createListConnections({ directory, clock }),
    describeConnection: createDescribeConnection({ connections, clock }),
    beginDisconnect: createBeginDisconnect({
      connections,
      accessTokens: createFakeAccessTokenStore(),
      rotator: createFakeRotator(async () => ({ outcome: 'disconnected' })),
      clock,
      random: createSeededRandom(),
      telemetry,
      scopeSets: ['*'],
    }),
    forceRotation: async () => ({ outcome: 'not-found' }),
    eraseSubject: () => Promise.reject(new Error('Not asked for here.')),
  });
  const handler = withProblemBoundary(route, { telemetry, retryAfterSeconds: RETRY_AFTER_SECONDS });
  return async (method: string, connectionId = ID) => {
    const answer = await handler(
      { routeKey: `${method} /connections/{connectionId}`, pathParameters: { connectionId } },
      { getRemainingTimeInMillis: () => 10_000 },
    );
    return { status: answer.statusCode, headers: answer.headers, body: JSON.parse(answer.body) };
  };
}

test('a status says how the connection is, in ISO times', async () => {
  const call = fixture(
    exampleConnection({
      state: 'needs-user-action',
      rotatedAtMs: Date.UTC(2026, 0, 20),
      degraded: { code: 'SEAL_BROKEN', sinceMs: 1 },
      userAction: {
        error: 'ride_AdobeID_acct_terms',
        jumpUrl: 'https://account.adobe.com/terms',
        sinceMs: 1,
      },
    }),
  );
  expect(await call('GET')).toMatchObject({
    status: 200,
    body: {
      connectionId: ID,
      state: 'needs-user-action',
      sub: '0123456789ABCDEF01234567@AdobeID',
      scopes: ['openid', 'offline_access'],
      renewable: true,
      sliding: 'unknown',
      degraded: 'SEAL_BROKEN',
      userActionUrl: 'https://account.adobe.com/terms',
      connectedAt: '2026-01-15T12:00:00.000Z',
      rotatedAt: '2026-01-20T00:00:00.000Z',
      nextRotationAt: '2026-01-22T12:00:00.000Z',
      refreshExpiresAt: '2026-01-29T12:00:00.000Z',
    },
  });
});

test('a status holds nothing but what the contract names', async () => {
  const { body } = await fixture(exampleConnection())('GET');
  expect(Object.keys(body).sort()).toEqual([
    'connectedAt',
    'connectionId',
    'nextRotationAt',
    'nextTryAt',
    'refreshExpiresAt',
    'renewable',
    'scopes',
    'sliding',
    'state',
    'sub',
  ]);
});

test('a later expiry that tokens state is shown next to the one that is relied on, whatever a row says', async () => {
  const shown = async (statedExpiresAtMs: number) =>
    (await fixture(exampleConnection({ statedExpiresAtMs }))('GET')).body;
  expect(await shown(Date.UTC(2026, 5, 1))).toMatchObject({
    refreshExpiresAt: '2026-01-29T12:00:00.000Z',
    statedExpiresAt: '2026-06-01T00:00:00.000Z',
  });
  expect(await shown(Number.MAX_SAFE_INTEGER)).toHaveProperty('statedExpiresAt');
});

test('an unknown connection and a tombstone are not found', async () => {
  const unknown = fixture();
  const tombstone = fixture(exampleConnection({ state: 'disconnected' }));
  for (const call of [unknown, tombstone]) {
    for (const method of ['GET', 'DELETE']) {
      expect(await call(method)).toMatchObject({ status: 404, body: { code: 'connection_not_found' } });
    }
  }
});

test('a disconnect is accepted, and accepted again while it goes on', async () => {
  const call = fixture(exampleConnection());
  expect(await call('DELETE')).toMatchObject({
    status: 202,
    body: { connectionId: ID, state: 'disconnecting' },
  });
  expect(await call('DELETE')).toMatchObject({ status: 202 });
  expect(await call('GET')).toMatchObject({
    status: 200,
    body: { state: 'disconnecting', renewable: false },
  });
});

test('a malformed id is an invalid request', async () => {
  expect(await fixture()('DELETE', 'a b')).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
});

test('a store that does not answer is a passing failure', async () => {
  const call = fixture(exampleConnection(), [unreachable('STORE_UNAVAILABLE', onEvery('read'))]);
  for (const method of ['GET', 'DELETE']) {
    const { status, headers, body } = await call(method);
    expect(status).toBe(503);
    expect(body.code).toBe('temporarily_unavailable');
    expect(headers['retry-after']).toBe('2');
  }
});

test('a stored time beyond the calendar is answered as the end of the calendar', async () => {
  const call = fixture(exampleConnection({ refreshExpiresAtMs: Number.MAX_SAFE_INTEGER }));
  expect(await call('GET')).toMatchObject({
    status: 200,
    body: { refreshExpiresAt: '9999-12-31T23:59:59.999Z' },
  });
});
