import * as v from 'valibot';
import type { DueIndex, OverdueConnection } from '../../core/ports/connections.ts';
import { connectionSchema } from './connection-schema.ts';
import type { ConnectionTable } from './connection-store.ts';
import { DUE_SHARDS } from './due-shard.ts';
import type { Item } from './dynamodb-client.ts';
import { fragment, placeholdersOf } from './expressions.ts';
import { epochMs, text } from './item-fields.ts';
import { readItem } from './malformed-item.ts';

/** Any number sorts in the index, also one that we would not write. */
const dueKey = v.object({ connectionId: text, dueAtMs: v.number() });

/** One row that is not as we write it must not hide the others: what cannot be read of it is left out. */
const projectedConnection = v.object({
  ...dueKey.entries,
  state: v.fallback(v.optional(connectionSchema.entries.state), undefined),
  sliding: v.fallback(v.optional(connectionSchema.entries.sliding), undefined),
  refreshExpiresAtMs: v.fallback(v.optional(epochMs), undefined),
});

/** The sparse index `due`: `dueShard` and `dueAtMs`, which also shows state, `sliding` and `refreshExpiresAtMs`. */
export function createDueIndex({ client, tableName }: ConnectionTable): DueIndex {
  return {
    shardCount: DUE_SHARDS,
    async overdue({ shard, untilMs, limit, cursor }) {
      const condition = fragment('#dueShard = :shard AND #dueAtMs <= :untilMs', { shard, untilMs });
      const { Items = [], LastEvaluatedKey } = await client.query({
        TableName: tableName,
        IndexName: 'due',
        KeyConditionExpression: condition.text,
        ...placeholdersOf(condition),
        Limit: limit,
        ...(cursor === undefined ? {} : { ExclusiveStartKey: keyFromCursor(cursor, shard) }),
      });
      const dueIndex = Items.map(dueFrom);
      return LastEvaluatedKey === undefined ? { dueIndex } : { dueIndex, cursor: cursorOf(LastEvaluatedKey) };
    },
  };
}

function dueFrom(item: Item): OverdueConnection {
  return readItem(projectedConnection, item, 'A due time');
}

/** Where a page ended; the shard is the caller's to repeat. */
function cursorOf(key: Item): string {
  const { connectionId, dueAtMs } = readItem(dueKey, key, 'The key of a due time');
  return `${dueAtMs} ${connectionId}`;
}

function keyFromCursor(cursor: string, shard: number): Item {
  const [dueAtMs = '', connectionId = ''] = cursor.split(' ');
  return { connectionId: { S: connectionId }, dueAtMs: { N: dueAtMs }, dueShard: { N: String(shard) } };
}
