import { expect, test } from 'vitest';
import type { ConnectionListResponse } from '../../../client/contract.ts';
import { withProblemBoundary } from '../../../functions/adapters/http/routing.ts';
import { createConnectionsRoute, RETRY_AFTER_SECONDS } from '../../../functions/connections/route.ts';
import type { Connection } from '../../../functions/core/connection/connection.ts';
import { createListConnections } from '../../../functions/core/connection/read-connections.ts';
import { createCollectingTelemetry } from '../../support/fakes/collecting-telemetry.ts';
import { exampleConnection } from '../../support/fakes/example-records.ts';
import { createFakeConnectionDirectory } from '../../support/fakes/fake-connection-indexes.ts';
import { createConnectionMemory } from '../../support/fakes/fake-connection-store.ts';
import { createManualClock } from '../../support/fakes/manual-clock.ts';
import { injectFaults, onEvery, unreachable } from '../../support/faults/fault-proxy.ts';

const HOUR_MS = 3_600_000;

function fixture(connections: readonly Partial<Connection>[], broken = false) {
  const memory = createConnectionMemory();
  const clock = createManualClock();
  connections.forEach((changes, at) => {
    const connection = exampleConnection({ connectionId: `acme.user-${at}`, ...changes });
    memory.connections.set(connection.connectionId, connection);
  });
  const faults = broken ? [unreachable('STORE_UNAVAILABLE', onEvery())] : [];
  const directory = injectFaults(createFakeConnectionDirectory(memory), faults);
  const telemetry = createCollectingTelemetry();
  const notAsked = async () => ({ outcome: 'not-found' }) as const;
  const route = createConnectionsRoute({
    listConnections: createListConnections({ directory, clock }),
    describeConnection: notAsked,
    beginDisconnect: notAsked,
    forceRotation: async () => ({ outcome: 'not-found' }),
    eraseSubject: () => Promise.reject(new Error('Not asked for here.')),
  });
  const handler = withProblemBoundary(route, { telemetry, retryAfterSeconds: RETRY_AFTER_SECONDS });
  const list = async (query: Readonly<Record<string, string>> = {}) => {
    const answer = await handler(
      { routeKey: 'GET /connections', rawQueryString: new URLSearchParams(query).toString() },
      { getRemainingTimeInMillis: () => 10_000 },
    );
    return { status: answer.statusCode, body: JSON.parse(answer.body) };
  };
  const listAll = async (query: Readonly<Record<string, string>>) => {
    const pages: ConnectionListResponse[] = [];
    let cursor: string | undefined;
    do {
      const { status, body } = await list({ ...query, ...(cursor !== undefined && { cursor }) });
      expect(status).toBe(200);
      pages.push(body);
      cursor = body.nextCursor;
    } while (cursor !== undefined);
    return pages;
  };
  return { list, listAll, clock };
}

function idsOf(pages: readonly ConnectionListResponse[]) {
  return pages.flatMap(({ connections }) => connections.map(({ connectionId }) => connectionId)).toSorted();
}

test('a list shows every connection but tombstones, and nothing of its tokens', async () => {
  const { list } = fixture([
    {},
    { state: 'suspect', degraded: { code: 'seal_broken', sinceMs: 1 } },
    { state: 'disconnected' },
  ]);
  expect(await list()).toEqual({
    status: 200,
    body: {
      connections: [
        {
          connectionId: 'acme.user-0',
          state: 'active',
          sliding: 'unknown',
          refreshExpiresAt: '2026-01-29T12:00:00.000Z',
        },
        {
          connectionId: 'acme.user-1',
          state: 'suspect',
          sliding: 'unknown',
          degraded: 'seal_broken',
          noNewTokens: 'seal_broken',
          refreshExpiresAt: '2026-01-29T12:00:00.000Z',
        },
      ],
    },
  });
});

test('a list of one state shows that state only', async () => {
  const { listAll } = fixture([{}, { state: 'suspect' }, { state: 'disconnected' }]);
  expect(idsOf(await listAll({ state: 'suspect' }))).toEqual(['acme.user-1']);
  expect(idsOf(await listAll({ state: 'disconnected' }))).toEqual(['acme.user-2']);
});

test('a page holds no more than the limit, and all pages together hold every connection', async () => {
  const { listAll } = fixture(Array.from({ length: 45 }, () => ({})));
  const pages = await listAll({ limit: '10' });
  expect(pages.map(({ connections }) => connections.length)).toEqual([10, 10, 10, 10, 5]);
  expect(new Set(idsOf(pages)).size).toBe(45);
});

test('those at risk are found by when they expire, however time goes on between the pages', async () => {
  const { list, clock } = fixture(
    Array.from({ length: 60 }, (_, at) => ({
      dueAtMs: createManualClock().nowMs(),
      refreshExpiresAtMs: createManualClock().nowMs() + at * 2 * HOUR_MS,
    })),
  );
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const { body } = await list({
      at_risk_within: '72h',
      limit: '7',
      ...(cursor !== undefined && { cursor }),
    });
    found.push(...body.connections.map(({ connectionId }: { connectionId: string }) => connectionId));
    cursor = body.nextCursor;
    clock.advance(HOUR_MS);
  } while (cursor !== undefined);
  expect(new Set(found)).toEqual(new Set(Array.from({ length: 37 }, (_, at) => `acme.user-${at}`)));
  expect(found).toHaveLength(37);
});

test.each([
  [{ state: 'asleep' }, 'state must be one of'],
  [{ at_risk_within: '72' }, 'at_risk_within must be hours or days'],
  [{ at_risk_within: '9999d' }, 'at_risk_within must be hours or days'],
  [{ limit: '0' }, 'limit must be 1 to 200'],
  [{ limit: '1.5' }, 'limit must be 1 to 200'],
  [{ cursor: 'nonsense' }, 'cursor must be the nextCursor'],
  [{ cursor: Buffer.from('{"list":"all","after":"../"}').toString('base64url') }, 'cursor must be'],
  [
    { at_risk_within: '3d', cursor: Buffer.from('{"list":"all","after":"a"}').toString('base64url') },
    'cursor',
  ],
])('%j is refused with a sentence that says why', async (query, sentence) => {
  const { status, body } = await fixture([]).list({ ...query });
  expect(status).toBe(400);
  expect(body).toMatchObject({ code: 'invalid_request', detail: expect.stringContaining(sentence) });
});

test('a store that does not answer is a passing failure', async () => {
  expect(await fixture([], true).list()).toMatchObject({
    status: 503,
    body: { code: 'temporarily_unavailable' },
  });
});
