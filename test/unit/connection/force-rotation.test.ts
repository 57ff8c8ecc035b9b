import { expect, test } from 'vitest';
import { withProblemBoundary } from '../../../functions/adapters/http/routing.ts';
import { createConnectionsRoute, RETRY_AFTER_SECONDS } from '../../../functions/connections/route.ts';
import { createDescribeConnection } from '../../../functions/core/connection/read-connections.ts';
import { createForceRotation } from '../../../functions/core/connection/request-rotation.ts';
import { PlatformError } from '../../../functions/core/platform-error.ts';
import type { RotateOutcome } from '../../../functions/core/rotation/rotate-request.ts';
import { createFakeVault } from '../../support/fake-vault/fake-vault.ts';
import { createFakeRotator } from '../../support/fakes/fake-rotator.ts';
import { type Fault, injectFaults, onEvery, unreachable } from '../../support/faults/fault-proxy.ts';

type Answer = RotateOutcome | 'still-running' | Error;

function fixture(scripted?: Answer, faults: Fault[] = []) {
  const bench = createFakeVault();
  const rotator = createFakeRotator(async ({ connectionId, trigger }) => {
    if (scripted instanceof Error) throw scripted;
    return scripted ?? bench.rotate({ connectionId, trigger });
  });
  const connections = injectFaults(bench.connections, faults);
  const { telemetry } = bench;
  const describeConnection = createDescribeConnection({ connections, clock: bench.clock });
  const route = createConnectionsRoute({
    listConnections: () => Promise.reject(new Error('Not asked for here.')),
    describeConnection,
    beginDisconnect: async () => ({ outcome: 'not-found' }),
    eraseSubject: () => Promise.reject(new Error('Not asked for here.')),
    forceRotation: createForceRotation({ describeConnection, rotator }),
  });
  const handler = withProblemBoundary(route, { telemetry, retryAfterSeconds: RETRY_AFTER_SECONDS });
  const post = async (connectionId: string) => {
    const answer = await handler(
      { routeKey: 'POST /connections/{connectionId}/rotations', pathParameters: { connectionId } },
      { getRemainingTimeInMillis: () => 29_000 },
    );
    const { statusCode: status, headers, body: text } = answer;
    return { status, headers, text, body: JSON.parse(text) };
  };
  return { ...bench, rotator, post };
}

test('an operator rotates a connection that is not due, in spite of its back-off, and sees no token', async () => {
  const bench = fixture();
  const { connectionId, token, version } = await bench.connect();
  await bench.connections.update({
    expected: await bench.stored(connectionId),
    changes: { nextAttemptAtMs: bench.clock.nowMs() + 3_600_000, failures: 4 },
  });
  const { status, text, body } = await bench.post(connectionId);
  expect([status, body]).toEqual([200, { connectionId, outcome: 'rotated' }]);
  expect(await bench.stored(connectionId)).toMatchObject({ version: version + 1, failures: 0 });
  expect(text).not.toContain(token.reveal());
  expect(bench.rotator.rotated[0]?.waitMs).toBeLessThan(29_000);
});

test.each<[Answer, number, object]>([
  [{ outcome: 'busy', retryAfterMs: 1_200 }, 200, { outcome: 'busy', retryAfterSeconds: 2 }],
  [
    { outcome: 'waiting', reason: 'credential-breaker', retryAfterMs: 60_000 },
    200,
    { outcome: 'waiting', reason: 'credential-breaker', retryAfterSeconds: 60 },
  ],
  [{ outcome: 'degraded', code: 'SEAL_BROKEN' }, 200, { outcome: 'degraded', reason: 'SEAL_BROKEN' }],
  [
    { outcome: 'user-action-required', jumpUrl: 'https://account.adobe.com/terms' },
    200,
    { outcome: 'user-action-required', userActionUrl: 'https://account.adobe.com/terms' },
  ],
  ['still-running', 202, { outcome: 'still-running' }],
  [{ outcome: 'not-found' }, 404, { code: 'connection_not_found' }],
  [{ outcome: 'not-renewable' }, 409, { code: 'not_renewable' }],
  [
    new PlatformError('ROTATOR_UNAVAILABLE', 'Lambda did not run rotate.'),
    503,
    { code: 'temporarily_unavailable' },
  ],
])('the outcome %j is answered as it is', async (outcome, status, expected) => {
  const bench = fixture(outcome);
  const { connectionId } = await bench.connect();
  const answer = await bench.post(connectionId);
  expect(answer.status).toBe(status);
  expect(answer.body).toMatchObject(expected);
});

test('what is not there, is disconnected, or has no refresh token, is not asked for', async () => {
  const bench = fixture();
  expect((await bench.post('acme.absent')).body.code).toBe('connection_not_found');
  expect((await bench.post('no id!')).body.code).toBe('invalid_request');
  const { connectionId } = await bench.connect({ renewable: false });
  expect((await bench.post(connectionId)).body.code).toBe('not_renewable');
  await bench.connections.update({
    expected: await bench.stored(connectionId),
    changes: { state: 'disconnected' },
  });
  expect((await bench.post(connectionId)).body.code).toBe('connection_not_found');
  expect(bench.rotator.rotated).toEqual([]);
});

test('a disconnect that was interrupted is continued', async () => {
  const bench = fixture({ outcome: 'disconnected' });
  const { connectionId } = await bench.connect({ renewable: false, state: 'disconnecting' });
  expect((await bench.post(connectionId)).body).toMatchObject({ outcome: 'disconnected' });
});

test('while the store does not answer, the operator is asked to repeat the request', async () => {
  const bench = fixture(undefined, [unreachable('STORE_UNAVAILABLE', onEvery('read'))]);
  const { status, headers } = await bench.post('acme.user-42');
  expect([status, headers['retry-after']]).toEqual([503, '2']);
});
