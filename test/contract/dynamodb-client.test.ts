import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  createDynamoDbClient,
  type DynamoDbClient,
} from '../../functions/adapters/dynamodb/dynamodb-client.ts';
import { pointClientsAt } from './dynamodb-tables.ts';
import {
  answer,
  halfAnAnswer,
  noResponse,
  refusal,
  reset,
  type ScriptedEndpoint,
  startScriptedEndpoint,
} from './scripted-endpoint.ts';

const TableName = 'table';
const Key = { key: { S: 'a' } };
const ITEM = { key: { S: 'a' } };

describe('the DynamoDB client', () => {
  let endpoint: ScriptedEndpoint;
  let client: DynamoDbClient;
  let pointBack: () => void;

  beforeEach(async () => {
    endpoint = await startScriptedEndpoint();
    pointBack = pointClientsAt(endpoint.url);
    client = createDynamoDbClient({ callTimeoutMs: 60_000, maxAttempts: 2 });
  });
  afterEach(async () => {
    vi.useRealTimers();
    await endpoint.stop();
    pointBack();
  });

  const writes = {
    put: () => client.put({ TableName, Item: ITEM }),
    update: () => client.update({ TableName, Key }),
    delete: () => client.delete({ TableName, Key }),
  };

  test('a read is tried again after a reset', async () => {
    endpoint.script(reset, answer(200, { Item: ITEM }));
    expect(await client.get({ TableName, Key })).toEqual(ITEM);
    expect(endpoint.operations).toEqual(['GetItem', 'GetItem']);
  });

  test.each(Object.keys(writes) as (keyof typeof writes)[])(
    '%s is sent once: its outcome after a reset is unknown',
    async (write) => {
      endpoint.script(reset, answer(200, {}));
      await expect(writes[write]()).rejects.toMatchObject({
        name: 'PlatformError',
        code: 'STORE_UNAVAILABLE',
        reason: 'ECONNRESET',
      });
      expect(endpoint.operations).toHaveLength(1);
    },
  );

  describe('a repeatable write', () => {
    const ours = vi.fn<() => Promise<boolean>>();

    beforeEach(() => {
      ours.mockReset();
    });

    test.each([
      ['put', () => client.put({ TableName, Item: ITEM }, 'idempotent')],
      ['update', () => client.update({ TableName, Key }, 'idempotent')],
    ])('is sent again after a reset (%s)', async (_, write) => {
      endpoint.script(reset, answer(200, {}));
      expect(await write()).toEqual({});
      expect(endpoint.operations).toHaveLength(2);
    });

    test('is sent twice at most', async () => {
      endpoint.script(reset);
      await expect(client.put({ TableName, Item: ITEM }, 'idempotent')).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        reason: 'ECONNRESET',
      });
      expect(endpoint.operations).toHaveLength(2);
    });

    test('is sent again when no response arrives', async () => {
      endpoint.script(noResponse, answer(200, {}));
      const hasty = createDynamoDbClient({ callTimeoutMs: 150, maxAttempts: 2 });
      expect(await hasty.put({ TableName, Item: ITEM }, 'idempotent')).toEqual({});
    });

    test.each(['ThrottlingException', 'InternalServerError'])('is not sent again after %s', async (name) => {
      endpoint.script(refusal(name), answer(200, {}));
      await expect(client.put({ TableName, Item: ITEM }, 'idempotent')).rejects.toMatchObject({
        reason: name,
      });
      expect(endpoint.operations).toHaveLength(1);
    });

    test('has succeeded when the second one meets what the first one stored', async () => {
      endpoint.script(reset, refusal('ConditionalCheckFailedException'));
      ours.mockResolvedValue(true);
      expect(await client.put({ TableName, Item: ITEM }, ours)).toEqual({});
    });

    test('is a conflict when the second one meets what another caller stored', async () => {
      endpoint.script(reset, refusal('ConditionalCheckFailedException'));
      ours.mockResolvedValue(false);
      expect(await client.put({ TableName, Item: ITEM }, ours)).toBe('conflict');
    });

    test('is done in another way, where the caller states one', async () => {
      endpoint.script(reset);
      const instead = vi.fn(async () => ({ replaced: ITEM }));
      expect(await client.delete({ TableName, Key }, { instead })).toEqual({ replaced: ITEM });
      expect(instead).toHaveBeenCalledOnce();
      expect(endpoint.operations).toEqual(['DeleteItem']);
    });

    test('throws the first error where that way cannot tell what is stored', async () => {
      endpoint.script(reset);
      const write = client.put({ TableName, Item: ITEM }, { instead: async () => 'unknown' });
      await expect(write).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', reason: 'ECONNRESET' });
    });

    test('is a conflict when its first attempt was one: nothing of this caller can be stored', async () => {
      endpoint.script(refusal('ConditionalCheckFailedException'));
      expect(await client.update({ TableName, Key }, ours)).toBe('conflict');
      expect(ours).not.toHaveBeenCalled();
    });
  });

  test('a throttled write is not sent again either', async () => {
    endpoint.script(refusal('ProvisionedThroughputExceededException'), answer(200, {}));
    await expect(writes.put()).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      reason: 'ProvisionedThroughputExceededException',
    });
    expect(endpoint.operations).toHaveLength(1);
  });

  test('a failed condition is a value', async () => {
    endpoint.script(refusal('ConditionalCheckFailedException'));
    expect(await writes.update()).toBe('conflict');
  });

  test.each([
    ['get', () => client.get({ TableName, Key })],
    ['query', () => client.query({ TableName })],
    ['put', writes.put],
  ])('a missing permission is named as such (%s)', async (_, call) => {
    endpoint.script(refusal('AccessDeniedException'));
    await expect(call()).rejects.toMatchObject({ code: 'ACCESS_DENIED', reason: 'AccessDeniedException' });
  });

  test('an error keeps its cause', async () => {
    endpoint.script(refusal('ResourceNotFoundException'));
    await expect(writes.put()).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      cause: { name: 'ResourceNotFoundException' },
    });
  });

  test.each([
    ['never answers', noResponse],
    ['stops in the middle of its answer', halfAnAnswer],
  ])('does not wait for a store that %s', async (_, step) => {
    endpoint.script(step);
    const hasty = createDynamoDbClient({ callTimeoutMs: 150, maxAttempts: 2 });
    const write = hasty.put({ TableName, Item: ITEM });
    await expect(write).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await expect(hasty.get({ TableName, Key })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });

  test('a store that cannot be reached is unavailable', async () => {
    await endpoint.stop();
    await expect(writes.put()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', reason: 'ECONNREFUSED' });
    endpoint = await startScriptedEndpoint();
  });

  test('reads are strongly consistent', async () => {
    let asked = '';
    endpoint.script((request, response) => {
      asked = String(request.headers['content-length']);
      answer(200, {})(request, response);
    });
    expect(await client.get({ TableName, Key })).toBeUndefined();
    const body = JSON.stringify({ ConsistentRead: true, Key, TableName });
    expect(Number(asked)).toBe(body.length);
  });

  describe('clock skew', () => {
    const STORE_MS = Date.UTC(2026, 0, 15, 12, 0, 0);
    const date = new Date(STORE_MS).toUTCString();

    test('is unknown before the first answer', () => {
      expect(client.clockSkewMs()).toBeUndefined();
    });

    test('is how far our clock is ahead of the middle of the store’s second', async () => {
      vi.useFakeTimers({ toFake: ['Date'], now: STORE_MS + 3_700 });
      endpoint.script(answer(200, {}, { date }));
      await client.get({ TableName, Key });
      expect(client.clockSkewMs()).toBe(3_200);
    });

    test('is read from writes and from refusals too', async () => {
      vi.useFakeTimers({ toFake: ['Date'], now: STORE_MS - 9_500 });
      endpoint.script(refusal('ConditionalCheckFailedException', { date }));
      await writes.put();
      expect(client.clockSkewMs()).toBe(-10_000);
    });
  });
});
