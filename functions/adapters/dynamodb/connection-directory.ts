import * as v from 'valibot';
import type { ConnectionDirectory, ListedConnection } from '../../core/ports/connections.ts';
import { connectionSchema } from './connection-schema.ts';
import type { ConnectionTable } from './connection-store.ts';
import { DUE_SHARDS } from './due-shard.ts';
import type { Item } from './dynamodb-client.ts';
import { fragment, placeholdersOf } from './expressions.ts';
import { epochMs, text } from './item-fields.ts';
import { readItem } from './malformed-item.ts';

const key = v.object({ connectionId: text });
const dueKey = v.object({ connectionId: text, dueAtMs: epochMs });

const { connectionId, state, sliding, refreshExpiresAtMs, degraded } = connectionSchema.entries;
const listed = v.object({ connectionId, state, sliding, refreshExpiresAtMs, degraded });
/** Never a token, sealed or not. */
const LISTED = fragment('#connectionId, #state, #sliding, #refreshExpiresAtMs, #degraded');

export function createConnectionDirectory({ client, tableName }: ConnectionTable): ConnectionDirectory {
  return {
    shardCount: DUE_SHARDS,

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

    async lapsing({ shard, expiresByMs, limit, after }) {
      const isDueByThen = fragment('#dueShard = :shard AND #dueAtMs <= :expiresByMs', { shard, expiresByMs });
      const expiresByThen = fragment('#refreshExpiresAtMs <= :expiresByMs');
      const { Items = [], LastEvaluatedKey } = await client.query({
        TableName: tableName,
        IndexName: 'due',
        KeyConditionExpression: isDueByThen.text,
        FilterExpression: expiresByThen.text,
        ...placeholdersOf(isDueByThen, expiresByThen),
        Limit: limit,
        ...(after && {
          ExclusiveStartKey: {
            connectionId: { S: after.connectionId },
            dueShard: { N: String(shard) },
            dueAtMs: { N: String(after.dueAtMs) },
          },
        }),
      });
      const last = LastEvaluatedKey && readItem(dueKey, LastEvaluatedKey, 'The key of a due time');
      return { connections: Items.map(connectionFrom), ...(last && { last }) };
    },
  };
}

function connectionFrom(item: Item): ListedConnection {
  return readItem(listed, item, 'A connection in a list');
}
