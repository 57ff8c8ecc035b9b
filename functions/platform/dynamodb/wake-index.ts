import * as v from 'valibot';
import type { OverdueWake, WakeIndex } from '../../core/ports/wake-index.ts';
import { connectionSchema } from './connection-schema.ts';
import type { ConnectionTable } from './connection-store.ts';
import type { Item } from './dynamodb-client.ts';
import { fragment, placeholdersOf } from './expressions.ts';
import { epochMs, text } from './item-fields.ts';
import { readItem } from './malformed-item.ts';
import { WAKE_SHARDS } from './wake-shard.ts';

/** Any number sorts in the index, also one that we would not write. */
const wakeKey = v.object({ connectionId: text, wakeAtMs: v.number() });

/** One row that is not as we write it must not hide the others: what cannot be read of it is left out. */
const projectedWake = v.object({
  ...wakeKey.entries,
  state: v.fallback(v.optional(connectionSchema.entries.state), undefined),
  sliding: v.fallback(v.optional(connectionSchema.entries.sliding), undefined),
  refreshExpiresAtMs: v.fallback(v.optional(epochMs), undefined),
});

/** The sparse index `wake`: `wakeShard` and `wakeAtMs`, which also shows state, `sliding` and `refreshExpiresAtMs`. */
export function createWakeIndex({ client, tableName }: ConnectionTable): WakeIndex {
  return {
    shardCount: WAKE_SHARDS,
    async overdue({ shard, untilMs, limit, cursor }) {
      const condition = fragment('#wakeShard = :shard AND #wakeAtMs <= :untilMs', { shard, untilMs });
      const { Items = [], LastEvaluatedKey } = await client.query({
        TableName: tableName,
        IndexName: 'wake',
        KeyConditionExpression: condition.text,
        ...placeholdersOf(condition),
        Limit: limit,
        ...(cursor === undefined ? {} : { ExclusiveStartKey: keyFromCursor(cursor, shard) }),
      });
      const wakes = Items.map(wakeFrom);
      return LastEvaluatedKey === undefined ? { wakes } : { wakes, cursor: cursorOf(LastEvaluatedKey) };
    },
  };
}

function wakeFrom(item: Item): OverdueWake {
  return readItem(projectedWake, item, 'A wake');
}

/** Where a page ended; the shard is the caller's to repeat. */
function cursorOf(key: Item): string {
  const { connectionId, wakeAtMs } = readItem(wakeKey, key, 'The key of a wake');
  return `${wakeAtMs} ${connectionId}`;
}

function keyFromCursor(cursor: string, shard: number): Item {
  const [wakeAtMs = '', connectionId = ''] = cursor.split(' ');
  return { connectionId: { S: connectionId }, wakeAtMs: { N: wakeAtMs }, wakeShard: { N: String(shard) } };
}
