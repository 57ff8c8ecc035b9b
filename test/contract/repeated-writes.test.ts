import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAccessTokenStore } from '../../functions/adapters/dynamodb/access-token-store.ts';
import { createBreakerStore } from '../../functions/adapters/dynamodb/breaker-store.ts';
import { createConnectionStore } from '../../functions/adapters/dynamodb/connection-store.ts';
import { createConsentStore } from '../../functions/adapters/dynamodb/consent-store.ts';
import { createDynamoDbClient } from '../../functions/adapters/dynamodb/dynamodb-client.ts';
import type { Connection, ConnectionEvent } from '../../functions/core/connection/connection.ts';
import type { AccessTokenStore } from '../../functions/core/ports/access-tokens.ts';
import type { ConnectionStore, ConnectionUpdate } from '../../functions/core/ports/connections.ts';
import type { ConsentStore } from '../../functions/core/ports/consents.ts';
import type { BreakerStore } from '../../functions/core/ports/rotation.ts';
import {
  EXAMPLE_NOW_MS,
  exampleAccessToken,
  exampleConnection,
  exampleGeneration,
} from '../support/fakes/example-records.ts';
import { startDynamoDb, type Tables, type TestDynamoDb } from './dynamodb-tables.ts';

const NOW_MS = EXAMPLE_NOW_MS;
const UNTIL_MS = NOW_MS + 600_000;
const TTL = Math.ceil(UNTIL_MS / 1_000);
const OLDER = exampleGeneration(NOW_MS - 1_000_000);
const NEWER = exampleGeneration(NOW_MS + 1_000_000);
const ATTEMPT = { connection: 'digest', kind: 'unknown', atMs: NOW_MS } as const;

const event = (id: string): ConnectionEvent => ({
  id,
  type: 'Connected',
  atMs: NOW_MS,
  generation: OLDER,
  detail: { renewable: true },
});

const takingOut = (connection: Connection, id: string): ConnectionUpdate => ({
  expected: connection,
  changes: { outbox: connection.outbox.filter((one) => one.id !== id) },
  onlyIfOutboxIs: connection.outbox.map((one) => one.id),
});

function sealingAgain({ connectionId, generation, version, ...connection }: Connection): ConnectionUpdate {
  const { refresh, previous, alternate, revocations } = connection;
  return {
    expected: { connectionId, generation, version },
    changes: refresh === undefined ? {} : { refresh: { ...refresh, sealed: Uint8Array.of(9, 9, 9) } },
    onlyIfTokensAre: { refresh, previous, alternate, revocations },
  };
}

interface SdkRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The store applies the next write, and its answer is lost. `meanwhile` happens before the write is sent again. */
describe('a write whose answer was lost', () => {
  let dynamoDb: TestDynamoDb;
  let tables: Tables;
  let connections: ConnectionStore;
  let consents: ConsentStore;
  let accessTokens: AccessTokenStore;
  let breakers: BreakerStore;
  let others: ReturnType<typeof storesOn>;
  let meanwhile: (() => Promise<unknown>) | undefined;
  let isApplied: boolean;

  beforeAll(async () => {
    dynamoDb = await startDynamoDb();
  });
  afterAll(() => dynamoDb.stop());
  beforeEach(async () => {
    tables = await dynamoDb.freshTables();
    meanwhile = undefined;
    isApplied = true;
    const client = createDynamoDbClient(
      { callTimeoutMs: 60_000, maxAttempts: 1 },
      { requestHandler: { handle: carry } },
    );
    ({ connections, consents, accessTokens, breakers } = storesOn(client));
    others = storesOn(dynamoDb.client);
  });

  function storesOn(client: TestDynamoDb['client']) {
    const clock = { nowMs: () => NOW_MS };
    return {
      connections: createConnectionStore({ client, tableName: tables.connections }),
      consents: createConsentStore({ client, tableName: tables.ephemeral, clock }),
      accessTokens: createAccessTokenStore({ client, tableName: tables.accessTokens }),
      breakers: createBreakerStore({ client, tableName: tables.ephemeral }),
    };
  }

  async function carry({ headers, body }: SdkRequest) {
    const target = headers['x-amz-target'] ?? '';
    const isLost = meanwhile !== undefined && /PutItem|UpdateItem|DeleteItem/.test(target);
    const send = async () => {
      const answer = await fetch(dynamoDb.endpoint, { method: 'POST', headers, body: body ?? '' });
      const statusCode = answer.status;
      return { response: { statusCode, headers: {}, body: Buffer.from(await answer.arrayBuffer()) } };
    };
    if (!isLost) return await send();
    if (isApplied) await send();
    const between = meanwhile;
    meanwhile = undefined;
    await between?.();
    throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
  }

  const nothing = async () => undefined;
  const claimOf = (expected: Connection, runId: string) => ({
    expected,
    lease: { runId, untilMs: NOW_MS + 60_000 },
    states: ['active'] as const,
    nowMs: NOW_MS,
    leaseMarginMs: 3_000,
  });

  describe.each([
    ['after it was applied', true],
    ['before it was applied', false],
  ])('%s', (_, applied) => {
    beforeEach(() => {
      isApplied = applied;
    });

    test('consumes a state for its own caller', async () => {
      meanwhile = nothing;
      expect(await consents.consume('digest', UNTIL_MS)).toEqual({ kind: 'consumed' });
      expect(await consents.consume('digest', UNTIL_MS)).toEqual({ kind: 'already' });
    });

    test('takes the lease for its own run', async () => {
      const connection = exampleConnection();
      await connections.replaceGeneration(connection);
      meanwhile = nothing;
      expect(await connections.claim(claimOf(connection, 'run-1'))).toBe('claimed');
      expect(await connections.claim(claimOf(connection, 'run-2'))).toBe('conflict');
    });

    test('writes its own generation', async () => {
      meanwhile = nothing;
      expect(await connections.replaceGeneration(exampleConnection(), 'nothing')).toBe('written');
    });

    test('opens a session', async () => {
      meanwhile = nothing;
      const session = {
        sessionDigest: 'digest',
        connectionId: 'acme.user-42',
        returnUrlKey: 'key',
        replace: false,
        expiresAtMs: UNTIL_MS,
      };
      await consents.openSession(session);
      expect(await consents.readSession('digest', NOW_MS)).toStrictEqual(session);
    });

    test('takes published events out of the outbox', async () => {
      const connection = exampleConnection({ outbox: [event('first'), event('second')] });
      await connections.replaceGeneration(connection);
      meanwhile = nothing;
      expect(await connections.update(takingOut(connection, 'first'))).toBe('written');
      const { outbox = [] } = (await connections.read(connection.connectionId)) ?? {};
      expect(outbox.map(({ id }) => id)).toEqual(['second']);
    });

    test('seals tokens under other keys', async () => {
      const connection = exampleConnection();
      await connections.replaceGeneration(connection);
      meanwhile = nothing;
      expect(await connections.update(sealingAgain(connection))).toBe('written');
      const stored = await connections.read(connection.connectionId);
      expect(stored?.refresh?.sealed).toEqual(Uint8Array.of(9, 9, 9));
    });

    test('removes a tombstone', async () => {
      const tombstone = exampleConnection({ state: 'disconnected' });
      await connections.replaceGeneration(tombstone);
      meanwhile = nothing;
      expect(await connections.remove(tombstone.connectionId, tombstone.generation)).toBe('written');
      expect(await connections.read(tombstone.connectionId)).toBeUndefined();
    });

    test('stores the breakers', async () => {
      meanwhile = nothing;
      expect(await breakers.write({ revision: 0, recent: [ATTEMPT] })).toBe('written');
      expect(await breakers.read()).toEqual({ revision: 1, recent: [ATTEMPT] });
    });

    test.each([
      ['nothing', undefined],
      ['a token of an older generation', exampleAccessToken({ generation: OLDER })],
      ['a token of an older version', exampleAccessToken({ version: 1 })],
    ])('publishes an access token over %s', async (_what, before) => {
      if (before) await others.accessTokens.publish(before, TTL);
      meanwhile = nothing;
      const token = exampleAccessToken({ version: 2 });
      expect(await accessTokens.publish(token, TTL)).toBe('published');
      expect(await accessTokens.read(token.connectionId, '*')).toEqual(token);
    });

    test('publishes an access token over the tombstone of an older generation', async () => {
      const token = exampleAccessToken();
      await others.accessTokens.invalidateOlder(token.connectionId, '*', OLDER, TTL);
      meanwhile = nothing;
      expect(await accessTokens.publish(token, TTL)).toBe('published');
    });

    test('invalidates access tokens', async () => {
      const token = exampleAccessToken();
      await accessTokens.publish(token, TTL);
      meanwhile = nothing;
      expect(await accessTokens.invalidate(token, TTL)).toBe('invalidated');
      meanwhile = nothing;
      const result = await accessTokens.invalidateOlder(token.connectionId, '*', NEWER, TTL);
      expect(result.kind).toBe('invalidated');
      const stored = await accessTokens.read(token.connectionId, '*');
      expect(stored).toMatchObject({ kind: 'tombstone', generation: NEWER });
    });

    test('never undoes an invalidation that came in between', async () => {
      const token = exampleAccessToken();
      const tombstone = { kind: 'tombstone', generation: token.generation };
      meanwhile = async () => {
        await others.accessTokens.invalidateOlder(token.connectionId, '*', token.generation, TTL);
        await others.accessTokens.invalidate(token, TTL);
      };
      await expect(accessTokens.publish(token, TTL)).rejects.toMatchObject({ reason: 'ECONNRESET' });
      expect(await accessTokens.read(token.connectionId, '*')).toMatchObject(tombstone);
    });

    test('is unknown to the caller when another issue of the same version was published in between', async () => {
      const token = exampleAccessToken();
      const other = exampleAccessToken({ digest: 'f'.repeat(16), issuedAtMs: token.issuedAtMs + 1 });
      meanwhile = () => others.accessTokens.publish(other, TTL);
      await expect(accessTokens.publish(token, TTL)).rejects.toMatchObject({ reason: 'ECONNRESET' });
      expect(await accessTokens.read(token.connectionId, '*')).toEqual(other);
    });

    test('gives way to a newer access token', async () => {
      const token = exampleAccessToken();
      meanwhile = () => others.accessTokens.publish(exampleAccessToken({ generation: NEWER }), TTL);
      expect(await accessTokens.publish(token, TTL)).toBe('superseded');
    });

    test('leaves the breakers of another process as they are', async () => {
      const another = { ...ATTEMPT, connection: 'another' };
      meanwhile = async () => {
        const { revision, recent } = await others.breakers.read();
        await others.breakers.write({ revision, recent: [...recent, another] });
      };
      const write = breakers.write({ revision: 0, recent: [ATTEMPT] });
      await expect(write).rejects.toMatchObject({ reason: 'ECONNRESET' });
      expect((await breakers.read()).recent).toContainEqual(another);
    });

    test('is unknown to the caller when another process changed the connection in between', async () => {
      const connection = exampleConnection({ outbox: [event('first'), event('second')] });
      await connections.replaceGeneration(connection);
      meanwhile = async () => {
        const stored = (await others.connections.read(connection.connectionId)) ?? connection;
        await others.connections.update(takingOut(stored, 'second'));
      };
      const update = connections.update(takingOut(connection, 'first'));
      await expect(update).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', reason: 'ECONNRESET' });
    });

    test('is sent once when it releases a lease: a late first one could end the next lease of the run', async () => {
      const connection = exampleConnection({ lease: { runId: 'run-1', untilMs: UNTIL_MS } });
      await connections.replaceGeneration(connection);
      meanwhile = nothing;
      const release = { expected: connection, changes: { lease: null }, onlyIfLeasedBy: 'run-1' };
      await expect(connections.update(release)).rejects.toMatchObject({ reason: 'ECONNRESET' });
      const { lease } = (await connections.read(connection.connectionId)) ?? {};
      expect(lease === undefined).toBe(applied);
    });

    test('is unknown to the caller when it could append events twice', async () => {
      const connection = exampleConnection();
      await connections.replaceGeneration(connection);
      meanwhile = nothing;
      const update = connections.update({ expected: connection, changes: { failures: 1 } });
      await expect(update).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', reason: 'ECONNRESET' });
    });
  });

  test('is written whole, though another process claimed the connection meanwhile', async () => {
    const connection = exampleConnection();
    meanwhile = () => others.connections.claim(claimOf(connection, 'run-2'));
    expect(await connections.replaceGeneration(connection, 'nothing')).toBe('written');
    expect((await connections.read(connection.connectionId))?.lease?.runId).toBe('run-2');
  });

  describe('and was not applied, while another caller wrote first', () => {
    beforeEach(() => {
      isApplied = false;
    });

    test('consumes no state', async () => {
      meanwhile = () => others.consents.consume('digest', UNTIL_MS);
      expect(await consents.consume('digest', UNTIL_MS)).toEqual({ kind: 'already' });
    });

    test('takes no lease', async () => {
      const connection = exampleConnection();
      await connections.replaceGeneration(connection);
      meanwhile = () => others.connections.claim(claimOf(connection, 'run-2'));
      expect(await connections.claim(claimOf(connection, 'run-1'))).toBe('conflict');
      expect((await connections.read(connection.connectionId))?.lease?.runId).toBe('run-2');
    });

    test('writes no generation', async () => {
      const newer = exampleConnection({ generation: exampleGeneration(NOW_MS + 1) });
      meanwhile = () => others.connections.replaceGeneration(newer);
      expect(await connections.replaceGeneration(exampleConnection(), 'nothing')).toBe('conflict');
      expect((await connections.read(newer.connectionId))?.generation).toBe(newer.generation);
    });
  });
});
