import * as v from 'valibot';
import type { SubjectIndex, UnknownOwners } from '../../core/ports/connections.ts';
import { unknownOwnerKey } from './connection-item.ts';
import type { ConnectionTable } from './connection-store.ts';
import { DUE_SHARDS } from './due-shard.ts';
import type { Item } from './dynamodb-client.ts';
import { fragment, placeholdersOf } from './expressions.ts';
import { text } from './item-fields.ts';
import { readItem } from './malformed-item.ts';

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
      ...(from === undefined ? {} : { ExclusiveStartKey: from }),
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
