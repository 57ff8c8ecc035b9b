import * as v from 'valibot';
import { defined } from '../../core/defined.ts';
import { PlatformError } from '../../core/platform-error.ts';
import type {
  ConnectionDirectory,
  ConnectionSource,
  ListedConnection,
  SourceRow,
} from '../../core/ports/connections.ts';
import { connectionFrom, connectionSchema, DUE_SHARDS } from './connection-item.ts';
import type { ConnectionTable } from './connection-store.ts';
import type { Item } from './dynamodb-client.ts';
import { fragment, placeholdersOf } from './expressions.ts';
import { epochMs, readItem, text } from './items.ts';

const key = v.object({ connectionId: text });
const dueKey = v.object({ connectionId: text, dueAtMs: epochMs });

const { connectionId, state, sliding, refreshExpiresAtMs, degraded, rotatedAtMs, ...others } =
  connectionSchema.entries;
const listed = v.object({
  connectionId,
  state,
  sliding,
  refreshExpiresAtMs,
  degraded,
  rotatedAtMs,
  connectedAtMs: v.exactOptional(others.connectedAtMs),
  renewable: v.exactOptional(others.renewable),
});
/** Never a token, sealed or not. */
const LISTED = fragment(
  '#connectionId, #state, #sliding, #refreshExpiresAtMs, #degraded, #rotatedAtMs, #connectedAtMs, #renewable',
);

/** The table Connections as its operators list it. */
export function createConnectionDirectory({ client, tableName }: ConnectionTable): ConnectionDirectory {
  return {
    shardCount: DUE_SHARDS,

    async all({ limit, after }) {
      const { Items = [], LastEvaluatedKey } = await client.scan({
        TableName: tableName,
        ProjectionExpression: LISTED.text,
        ...placeholdersOf(LISTED),
        Limit: limit,
        ExclusiveStartKey: after === undefined ? undefined : { connectionId: { S: after } },
      });
      const last = LastEvaluatedKey && readItem(key, LastEvaluatedKey, 'A key').connectionId;
      return defined({ connections: Items.map(listedFrom), last });
    },

    async expiring({ shard, expiresByMs, limit, after }) {
      const isDueByThen = fragment('#dueShard = :shard AND #dueAtMs <= :expiresByMs', { shard, expiresByMs });
      const expiresByThen = fragment('#refreshExpiresAtMs <= :expiresByMs');
      const { Items = [], LastEvaluatedKey } = await client.query({
        TableName: tableName,
        IndexName: 'due',
        KeyConditionExpression: isDueByThen.text,
        FilterExpression: expiresByThen.text,
        ...placeholdersOf(isDueByThen, expiresByThen),
        Limit: limit,
        ExclusiveStartKey: after && {
          connectionId: { S: after.connectionId },
          dueShard: { N: String(shard) },
          dueAtMs: { N: String(after.dueAtMs) },
        },
      });
      const last = LastEvaluatedKey && readItem(dueKey, LastEvaluatedKey, 'The key of a due time');
      return defined({ connections: Items.map(listedFrom), last });
    },
  };
}

function listedFrom(item: Item): ListedConnection {
  return readItem(listed, item, 'A connection in a list');
}

/** Reads a whole table, such as one that a point-in-time restore made. */
export function createConnectionSource({ client, tableName }: ConnectionTable): ConnectionSource {
  return {
    async *rows() {
      let from: Item | undefined;
      do {
        const { Items = [], LastEvaluatedKey } = await client.scan({
          TableName: tableName,
          ConsistentRead: true,
          ExclusiveStartKey: from,
        });
        yield Items.map(rowFrom);
        from = LastEvaluatedKey;
      } while (from !== undefined);
    },
  };
}

function rowFrom(item: Item): SourceRow {
  try {
    return { kind: 'connection', connection: connectionFrom(item) };
  } catch (error) {
    if (!(error instanceof PlatformError) || error.code !== 'ITEM_MALFORMED') throw error;
    return { kind: 'unreadable', connectionId: readItem(key, item, 'A key').connectionId };
  }
}
