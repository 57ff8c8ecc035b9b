import { setMaxListeners } from 'node:events';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { startDynamoDb } from './dynamodb-tables.ts';

function put(TableName: string, key: string) {
  return new PutItemCommand({ TableName, Item: { key: { S: key }, text: { S: 'a'.repeat(10_000) } } });
}

test('fresh tables take a write at once', async () => {
  const dynamoDb = await startDynamoDb();
  for (let round = 0; round < 50; round += 1) {
    const { ephemeral } = await dynamoDb.freshTables();
    await dynamoDb.sdk.send(put(ephemeral, 'a'));
  }
  await dynamoDb.stop();
});

test('the server closes no idle connection: a request that crosses it would be lost', async () => {
  const dynamoDb = await startDynamoDb();
  const { headers } = await fetch(dynamoDb.endpoint, { method: 'POST', body: '{}' });
  expect(headers.get('keep-alive')).toBeNull();
  await dynamoDb.stop();
});

test('a stop harms no request that is in flight, also where the caller has gone', async () => {
  const dynamoDb = await startDynamoDb();
  const { ephemeral } = await dynamoDb.freshTables();
  const leave = new AbortController();
  setMaxListeners(0, leave.signal);
  const write = (key: number) =>
    dynamoDb.sdk.send(put(ephemeral, String(key)), { abortSignal: leave.signal });
  const writes = Array.from({ length: 40 }, (_, key) => write(key));
  const ends = Promise.allSettled(writes);
  await writes[0];
  leave.abort();
  await dynamoDb.stop();
  expect((await ends)[0]?.status).toBe('fulfilled');
  await expect(write(41)).rejects.toThrow();
});
