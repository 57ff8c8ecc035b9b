import { expect, test } from 'vitest';
import type { Connection } from '../../../functions/core/connection/connection.ts';
import { createBeginDisconnect } from '../../../functions/core/connection/disconnect.ts';
import { generationTimeMs } from '../../../functions/core/connection/generation.ts';
import type { ConnectionStore } from '../../../functions/core/ports/connections.ts';
import { createCollectingTelemetry } from '../../support/fakes/collecting-telemetry.ts';
import {
  EXAMPLE_NOW_MS,
  exampleAccessToken,
  exampleBytes,
  exampleConnection,
  exampleGeneration,
} from '../../support/fakes/example-records.ts';
import { createFakeAccessTokenStore } from '../../support/fakes/fake-access-token-store.ts';
import {
  createConnectionMemory,
  createFakeConnectionStore,
} from '../../support/fakes/fake-connection-store.ts';
import { createFakeRotator } from '../../support/fakes/fake-rotator.ts';
import { createManualClock } from '../../support/fakes/manual-clock.ts';
import { createSeededRandom } from '../../support/fakes/seeded-random.ts';
import {
  type Fault,
  injectFaults,
  onCall,
  onEvery,
  replyLost,
  unreachable,
} from '../../support/faults/fault-proxy.ts';

const ID = 'acme.user-42';
const TTL = 9_999_999_999;
const GENERATION = exampleGeneration();

function at(version: number, first: number) {
  return {
    generation: GENERATION,
    version,
    sealed: exampleBytes(64).fill(first),
  };
}

function fixture(faults: { connections?: Fault[]; accessTokens?: Fault[]; rotator?: Fault[] } = {}) {
  const memory = createConnectionMemory();
  const store = createFakeConnectionStore(memory);
  const accessTokens = createFakeAccessTokenStore();
  const rotator = createFakeRotator(async () => ({ outcome: 'disconnected' }));
  const telemetry = createCollectingTelemetry();
  const clock = createManualClock(EXAMPLE_NOW_MS + 60_000);
  const put = (changes: Partial<Connection> = {}) => {
    memory.connections.set(ID, exampleConnection({ generation: GENERATION, ...changes }));
  };
  const beginDisconnect = createBeginDisconnect({
    connections: injectFaults(store, faults.connections ?? []),
    accessTokens: injectFaults(accessTokens, faults.accessTokens ?? []),
    rotator: injectFaults(rotator, faults.rotator ?? []),
    clock,
    random: createSeededRandom(),
    telemetry,
    scopeSets: ['*', 'AdobeID openid'],
  });
  const stored = () => memory.connections.get(ID);
  return { memory, store, accessTokens, rotator, telemetry, clock, put, beginDisconnect, stored };
}

test('a connection is disconnecting at once, under a newer generation that holds nothing to rotate', async () => {
  const { put, beginDisconnect, stored, clock } = fixture();
  put({
    version: 7,
    lease: { runId: 'a', untilMs: EXAMPLE_NOW_MS + 120_000 },
    nextAttemptAtMs: EXAMPLE_NOW_MS + 1e6,
    schedule: { name: 'schedule', atMs: 1 },
    failures: 3,
    outbox: [{ id: 'e1', type: 'Recovered', atMs: 1, generation: GENERATION, detail: {} }],
  });
  expect(await beginDisconnect(ID)).toEqual({ outcome: 'disconnecting' });
  const after = stored();
  expect(after).toMatchObject({
    state: 'disconnecting',
    version: 0,
    renewable: false,
    failures: 0,
    dueAtMs: clock.nowMs(),
    outbox: [{ id: 'e1' }],
    subjectKey: 'example-subject-key',
  });
  expect(after && after.generation > GENERATION).toBe(true);
  for (const gone of [
    'refresh',
    'previous',
    'alternate',
    'lease',
    'schedule',
    'rotateAtMs',
    'nextAttemptAtMs',
  ]) {
    expect(after).not.toHaveProperty(gone);
  }
});

test('every refresh token waits to be revoked as it was sealed, the live one first', async () => {
  const { put, beginDisconnect, stored } = fixture();
  const older = { kind: 'refresh', token: at(9, 9) } as const;
  put({
    version: 3,
    refresh: at(3, 3),
    previous: at(2, 2),
    alternate: at(4, 4),
    revocations: [older],
  });
  await beginDisconnect(ID);
  const subjectKey = 'example-subject-key';
  expect(stored()?.revocations).toEqual([
    { kind: 'refresh', subjectKey, token: at(3, 3) },
    { kind: 'refresh', subjectKey, token: at(2, 2) },
    { kind: 'refresh', subjectKey, token: at(4, 4) },
    older,
  ]);
});

test('access tokens of every scope set are invalidated under the new generation, and live ones revoked after the refresh token', async () => {
  const { put, beginDisconnect, stored, accessTokens, clock } = fixture();
  put();
  const wide = exampleAccessToken({ generation: GENERATION });
  const narrow = exampleAccessToken({
    generation: GENERATION,
    scopeSet: 'AdobeID openid',
    expiresAtMs: clock.nowMs() - 1,
  });
  await accessTokens.publish(wide, TTL);
  await accessTokens.publish(narrow, TTL);
  await beginDisconnect(ID);
  const generation = stored()?.generation;
  for (const scopeSet of ['*', 'AdobeID openid']) {
    expect(await accessTokens.read(ID, scopeSet)).toMatchObject({ kind: 'tombstone', generation });
  }
  expect(stored()?.revocations).toEqual([
    expect.objectContaining({ kind: 'refresh' }),
    {
      kind: 'access',
      subjectKey: 'example-subject-key',
      token: {
        generation: GENERATION,
        version: 1,
        scopeSet: '*',
        expiresAtMs: wide.expiresAtMs,
        sealed: wide.sealed,
      },
    },
  ]);
});

test('a publish that was under way cannot bring the old access token back', async () => {
  const { put, beginDisconnect, accessTokens } = fixture();
  put();
  await beginDisconnect(ID);
  const late = exampleAccessToken({ generation: GENERATION, version: 9 });
  expect(await accessTokens.publish(late, TTL)).toBe('superseded');
});

test('rotate is started to revoke at Adobe', async () => {
  const { put, beginDisconnect, rotator } = fixture();
  put();
  await beginDisconnect(ID);
  expect(rotator.started).toEqual([{ connectionId: ID, trigger: 'disconnect' }]);
});

test('a rotation that commits between reading and writing is read again, and its token revoked', async () => {
  const { put, stored, store, memory, rotator, accessTokens, clock, telemetry } = fixture();
  put({ refresh: at(1, 1) });
  let reads = 0;
  const beginDisconnect = createBeginDisconnect({
    connections: {
      ...store,
      read: async (connectionId) => {
        const connection = await store.read(connectionId);
        if (++reads === 1) put({ version: 2, refresh: at(2, 2), previous: at(1, 1) });
        return connection;
      },
    },
    accessTokens,
    rotator,
    clock,
    random: createSeededRandom(),
    telemetry,
    scopeSets: ['*'],
  });
  expect(await beginDisconnect(ID)).toEqual({ outcome: 'disconnecting' });
  expect(stored()?.revocations.map(({ token }) => token.version)).toEqual([2, 1]);
  expect(memory.connections.size).toBe(1);
});

test('a connection without a refresh token is disconnected likewise', async () => {
  const { memory, beginDisconnect, stored } = fixture();
  const { refresh: _none, ...bare } = exampleConnection({ renewable: false });
  memory.connections.set(ID, bare);
  expect(await beginDisconnect(ID)).toEqual({ outcome: 'disconnecting' });
  expect(stored()).toMatchObject({ state: 'disconnecting', revocations: [] });
});

test('an unknown connection is not found, and nothing is written or started', async () => {
  const { beginDisconnect, stored, rotator, accessTokens } = fixture();
  expect(await beginDisconnect(ID)).toEqual({ outcome: 'not-found' });
  expect(stored()).toBeUndefined();
  expect(accessTokens.items.size).toBe(0);
  expect(rotator.started).toEqual([]);
});

test('a tombstone is not found', async () => {
  const { put, beginDisconnect } = fixture();
  put({ state: 'disconnected' });
  expect(await beginDisconnect(ID)).toEqual({ outcome: 'not-found' });
});

test('a second disconnect keeps the generation of the first and finishes what it left', async () => {
  const { put, beginDisconnect, stored, accessTokens, rotator } = fixture();
  put();
  await beginDisconnect(ID);
  const generation = stored()?.generation;
  accessTokens.forgetEverything();
  await accessTokens.publish(exampleAccessToken({ generation: GENERATION }), TTL);
  expect(await beginDisconnect(ID)).toEqual({ outcome: 'disconnecting' });
  expect(stored()?.generation).toBe(generation);
  expect(await accessTokens.read(ID, '*')).toMatchObject({ kind: 'tombstone', generation });
  expect(rotator.started).toHaveLength(2);
});

test('a reply of the store that is lost leaves a disconnect that the next call finishes', async () => {
  const { put, beginDisconnect, stored, accessTokens } = fixture({
    connections: [replyLost('STORE_UNAVAILABLE', onCall('replaceGeneration', 1))],
  });
  put();
  await accessTokens.publish(exampleAccessToken({ generation: GENERATION }), TTL);
  await expect(beginDisconnect(ID)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  expect(stored()?.state).toBe('disconnecting');
  expect(await beginDisconnect(ID)).toEqual({ outcome: 'disconnecting' });
  expect(await accessTokens.read(ID, '*')).toMatchObject({ kind: 'tombstone' });
});

test('an invalidation that fails once is tried again', async () => {
  const { put, beginDisconnect, accessTokens } = fixture({
    accessTokens: [unreachable('STORE_UNAVAILABLE', onCall('invalidateOlder', 1))],
  });
  put();
  expect(await beginDisconnect(ID)).toEqual({ outcome: 'disconnecting' });
  expect(accessTokens.items.size).toBe(2);
});

test('while an access token cannot be invalidated, the disconnect is not acknowledged but the revocation starts', async () => {
  const { put, beginDisconnect, rotator } = fixture({
    accessTokens: [unreachable('STORE_UNAVAILABLE', onEvery('invalidateOlder'))],
  });
  put();
  await expect(beginDisconnect(ID)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  expect(rotator.started).toHaveLength(1);
});

test('a revocation that cannot be started is left to the reconciler', async () => {
  const { put, beginDisconnect, stored, telemetry, clock } = fixture({
    rotator: [unreachable('ROTATOR_UNAVAILABLE', onEvery('start'))],
  });
  put();
  expect(await beginDisconnect(ID)).toEqual({ outcome: 'disconnecting' });
  expect(stored()?.dueAtMs).toBe(clock.nowMs());
  expect(telemetry.messages('error')).toHaveLength(1);
});

test('while the revocation of an access token cannot be stored, the disconnect is not acknowledged, and the next call finds it', async () => {
  const { put, beginDisconnect, accessTokens, rotator, stored } = fixture({
    connections: [
      unreachable('STORE_UNAVAILABLE', ({ method, number }) => method === 'update' && number <= 3),
    ],
  });
  put();
  await accessTokens.publish(exampleAccessToken({ generation: GENERATION }), TTL);
  await expect(beginDisconnect(ID)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  expect(rotator.started).toHaveLength(1);
  expect(await beginDisconnect(ID)).toEqual({ outcome: 'disconnecting' });
  expect(stored()?.revocations.map(({ kind }) => kind)).toEqual(['refresh', 'access']);
  expect(await accessTokens.read(ID, '*')).toMatchObject({ kind: 'tombstone' });
});

test('a revocation whose place other writes keep taking is not acknowledged either', async () => {
  const { put, store, stored, rotator, accessTokens, clock, telemetry } = fixture();
  put();
  await accessTokens.publish(exampleAccessToken({ generation: GENERATION }), TTL);
  let conflicts = 0;
  const connections: ConnectionStore = {
    ...store,
    update: async (update) => (conflicts++ < 5 ? 'conflict' : store.update(update)),
  };
  const random = createSeededRandom();
  const deps = { connections, accessTokens, rotator, clock, random, telemetry, scopeSets: ['*'] };
  const beginDisconnect = createBeginDisconnect(deps);
  expect(await beginDisconnect(ID)).toMatchObject({ outcome: 'contended' });
  expect(rotator.started).toHaveLength(1);
  expect(await beginDisconnect(ID)).toEqual({ outcome: 'disconnecting' });
  expect(stored()?.revocations.map(({ kind }) => kind)).toEqual(['refresh', 'access']);
});

test('a reply that is lost after a revocation was stored does not store it twice', async () => {
  const { put, beginDisconnect, accessTokens, stored } = fixture({
    connections: [replyLost('STORE_UNAVAILABLE', onCall('update', 1))],
  });
  put();
  await accessTokens.publish(exampleAccessToken({ generation: GENERATION }), TTL);
  expect(await beginDisconnect(ID)).toEqual({ outcome: 'disconnecting' });
  expect(stored()?.revocations.map(({ kind }) => kind)).toEqual(['refresh', 'access']);
});

test('an access token of a scope set that the settings no longer name is invalidated and revoked too', async () => {
  const { put, beginDisconnect, accessTokens, stored } = fixture();
  put();
  const former = exampleAccessToken({ generation: GENERATION, scopeSet: 'lr_partner_apis openid' });
  await accessTokens.publish(former, TTL);
  await beginDisconnect(ID);
  expect(await accessTokens.read(ID, former.scopeSet)).toMatchObject({ kind: 'tombstone' });
  expect(stored()?.revocations).toContainEqual(
    expect.objectContaining({ token: expect.objectContaining({ scopeSet: former.scopeSet }) }),
  );
});

test('what another writer put into the cache cannot make the connection too large to be ended', async () => {
  const { put, beginDisconnect, accessTokens, stored } = fixture();
  put();
  for (let serial = 0; serial < 100; serial += 1) {
    const sealed = exampleBytes(serial === 0 ? 300_000 : 4_000).fill(serial);
    await accessTokens.publish(
      exampleAccessToken({ generation: GENERATION, scopeSet: `s${serial}`, sealed }),
      TTL,
    );
  }
  expect(await beginDisconnect(ID)).toEqual({ outcome: 'disconnecting' });
  const bytes = stored()?.revocations.reduce((sum, { token }) => sum + token.sealed.byteLength, 0);
  expect(bytes).toBeLessThan(200_000);
  for (const { record } of accessTokens.items.values()) expect(record.kind).toBe('tombstone');
});

test('a connection that keeps changing is a passing failure, not an endless loop', async () => {
  const { put, stored, store, rotator, accessTokens, clock, telemetry } = fixture();
  put();
  const beginDisconnect = createBeginDisconnect({
    connections: { ...store, replaceGeneration: async () => 'conflict' },
    accessTokens,
    rotator,
    clock,
    random: createSeededRandom(),
    telemetry,
    scopeSets: ['*'],
  });
  expect(await beginDisconnect(ID)).toMatchObject({ outcome: 'contended' });
  expect(stored()?.state).toBe('active');
});

test.each(['active', 'disconnecting'] as const)(
  'a disconnect wins over a generation far ahead of a connection that is %s, and leaves none behind',
  async (state) => {
    const { put, beginDisconnect, stored, clock } = fixture();
    put({ generation: 'ZZZZZZZZZZZZZZZZZZZZZZZZZZ', state });
    expect(await beginDisconnect(ID)).toEqual({ outcome: 'disconnecting' });
    expect(stored()).toMatchObject({ state: 'disconnecting' });
    expect(generationTimeMs(stored()?.generation ?? '')).toBe(clock.nowMs());
  },
);
