import * as v from 'valibot';
import { defined } from '../../core/defined.ts';
import type {
  DueIndex,
  OverdueConnection,
  SubjectIndex,
  UnknownOwners,
} from '../../core/ports/connections.ts';
import { connectionSchema, DUE_SHARDS, unknownOwnerKey } from './connection-item.ts';
import type { ConnectionTable } from './connection-store.ts';
import type { Item } from './dynamodb-client.ts';
import { fragment, placeholdersOf } from './expressions.ts';
import { epochMs, readItem, text } from './items.ts';

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
        ExclusiveStartKey: cursor === undefined ? undefined : keyFromCursor(cursor, shard),
      });
      const overdue = Items.map(dueFrom);
      return defined({ overdue, cursor: LastEvaluatedKey && cursorOf(LastEvaluatedKey) });
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

const projectedKey = v.object({ connectionId: text });

/** The sparse index `subject`: `subjectKey`, keys only. A tombstone is not in it. */
export function createSubjectIndex({ client, tableName }: ConnectionTable): SubjectIndex & UnknownOwners {
  const pageOf = (subjectKey: string, from: Item | undefined, only: { Select?: 'COUNT' } = {}) => {
    const condition = fragment('#subjectKey = :subjectKey', { subjectKey });
    return client.query({
      TableName: tableName,
      IndexName: 'subject',
      KeyConditionExpression: condition.text,
      ...placeholdersOf(condition),
      ExclusiveStartKey: from,
      ...only,
    });
  };
  const countOf = async (subjectKey: string): Promise<number> => {
    let count = 0;
    let from: Item | undefined;
    do {
      const { Count = 0, LastEvaluatedKey } = await pageOf(subjectKey, from, { Select: 'COUNT' });
      count += Count;
      from = LastEvaluatedKey;
    } while (from !== undefined);
    return count;
  };

  return {
    async connectionIdsOf(subjectKey) {
      const connectionIds: string[] = [];
      let from: Item | undefined;
      do {
        const { Items = [], LastEvaluatedKey } = await pageOf(subjectKey, from);
        for (const item of Items) connectionIds.push(readItem(projectedKey, item, 'A key').connectionId);
        from = LastEvaluatedKey;
      } while (from !== undefined);
      return connectionIds;
    },

    async countUnknownOwners() {
      const shards = Array.from({ length: DUE_SHARDS }, (_, shard) => countOf(unknownOwnerKey(shard)));
      return (await Promise.all(shards)).reduce((sum, count) => sum + count, 0);
    },
  };
}
