import * as v from 'valibot';
import type { SubjectIndex } from '../../core/ports/subject-index.ts';
import type { ConnectionTable } from './connection-store.ts';
import type { Item } from './dynamodb-client.ts';
import { fragment, placeholdersOf } from './expressions.ts';
import { text } from './item-fields.ts';
import { readItem } from './malformed-item.ts';

const projectedKey = v.object({ connectionId: text });

/** The sparse index `subject`: `subjectKey`, keys only. A tombstone is not in it. */
export function createSubjectIndex({ client, tableName }: ConnectionTable): SubjectIndex {
  const pageOf = (subjectKey: string, from: Item | undefined) => {
    const condition = fragment('#subjectKey = :subjectKey', { subjectKey });
    return client.query({
      TableName: tableName,
      IndexName: 'subject',
      KeyConditionExpression: condition.text,
      ...placeholdersOf(condition),
      ...(from === undefined ? {} : { ExclusiveStartKey: from }),
    });
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
  };
}
