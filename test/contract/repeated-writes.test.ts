import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createConnectionStore } from '../../functions/adapters/dynamodb/connection-store.ts';
import { createConsentStore } from '../../functions/adapters/dynamodb/consent-store.ts';
import { createDynamoDbClient } from '../../functions/adapters/dynamodb/dynamodb-client.ts';
import type { Connection } from '../../functions/core/connection/connection.ts';
import type { ConnectionStore } from '../../functions/core/ports/connections.ts';
import type { ConsentStore } from '../../functions/core/ports/consents.ts';
import { EXAMPLE_NOW_MS, exampleConnection, exampleGeneration } from '../support/fakes/example-records.ts';
import { startDynamoDb, type Tables, type TestDynamoDb } from './dynamodb-tables.ts';

const NOW_MS = EXAMPLE_NOW_MS;
const UNTIL_MS = NOW_MS + 600_000;

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
  let others: { readonly connections: ConnectionStore; readonly consents: ConsentStore };
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
    ({ connections, consents } = storesOn(client));
    others = storesOn(dynamoDb.client);
  });

  function storesOn(client: TestDynamoDb['client']) {
    const clock = { nowMs: () => NOW_MS };
    return {
      connections: createConnectionStore({ client, tableName: tables.connections }),
      consents: createConsentStore({ client, tableName: tables.ephemeral, clock }),
    };
  }

  async function carry({ headers, body }: SdkRequest) {
    const target = headers['x-amz-target'] ?? '';
    const isLost = meanwhile !== undefined && /PutItem|UpdateItem/.test(target);
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
