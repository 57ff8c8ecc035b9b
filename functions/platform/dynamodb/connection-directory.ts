import * as v from 'valibot';
import type { ConnectionDirectory, ListedConnection } from '../../core/ports/connection-directory.ts';
import { connectionSchema } from './connection-schema.ts';
import type { ConnectionTable } from './connection-store.ts';
import type { Item } from './dynamodb-client.ts';
import { fragment, placeholdersOf } from './expressions.ts';
import { epochMs, text } from './item-fields.ts';
import { readItem } from './malformed-item.ts';
import { WAKE_SHARDS } from './wake-shard.ts';

const key = v.object({ connectionId: text });
const wakeKey = v.object({ connectionId: text, wakeAtMs: epochMs });

const { connectionId, state, sliding, refreshExpiresAtMs, degraded } = connectionSchema.entries;
const listed = v.object({ connectionId, state, sliding, refreshExpiresAtMs, degraded });
/** Never a token, sealed or not. */
const LISTED = fragment('#connectionId, #state, #sliding, #refreshExpiresAtMs, #degraded');

export function createConnectionDirectory({ client, tableName }: ConnectionTable): ConnectionDirectory {
  return {
    shardCount: WAKE_SHARDS,

    async all({ limit, after }) {
      const { Items = [], LastEvaluatedKey } = await client.scan({
        TableName: tableName,
        ProjectionExpression: LISTED.text,
        ...placeholdersOf(LISTED),
        Limit: limit,
        ...(after !== undefined && { ExclusiveStartKey: { connectionId: { S: after } } }),
      });
      const last = LastEvaluatedKey && readItem(key, LastEvaluatedKey, 'A key').connectionId;
      return { connections: Items.map(connectionFrom), ...(last !== undefined && { last }) };
    },

    async lapsing({ shard, lapsesByMs, limit, after }) {
      const wakesByThen = fragment('#wakeShard = :shard AND #wakeAtMs <= :lapsesByMs', { shard, lapsesByMs });
      const lapsesByThen = fragment('#refreshExpiresAtMs <= :lapsesByMs');
      const { Items = [], LastEvaluatedKey } = await client.query({
        TableName: tableName,
        IndexName: 'wake',
        KeyConditionExpression: wakesByThen.text,
        FilterExpression: lapsesByThen.text,
        ...placeholdersOf(wakesByThen, lapsesByThen),
        Limit: limit,
        ...(after && {
          ExclusiveStartKey: {
            connectionId: { S: after.connectionId },
            wakeShard: { N: String(shard) },
            wakeAtMs: { N: String(after.wakeAtMs) },
          },
        }),
      });
      const last = LastEvaluatedKey && readItem(wakeKey, LastEvaluatedKey, 'The key of a wake');
      return { connections: Items.map(connectionFrom), ...(last && { last }) };
    },
  };
}

function connectionFrom(item: Item): ListedConnection {
  return readItem(listed, item, 'A connection in a list');
}
