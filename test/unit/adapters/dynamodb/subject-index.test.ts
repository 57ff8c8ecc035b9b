import { expect, test } from 'vitest';
import { createSubjectIndex } from '../../../../functions/adapters/dynamodb/connection-indexes.ts';
import type { DynamoDbClient, Item } from '../../../../functions/adapters/dynamodb/dynamodb-client.ts';

test('the subject index is read to its last page', async () => {
  const pages = [['acme.a', 'acme.b'], [], ['acme.c']];
  const asked: (Item | undefined)[] = [];
  const client: Pick<DynamoDbClient, 'query'> = {
    async query(input) {
      asked.push(input.ExclusiveStartKey);
      const page = pages[asked.length - 1] ?? [];
      const more =
        asked.length < pages.length ? { LastEvaluatedKey: { page: { N: `${asked.length}` } } } : {};
      return { Items: page.map((id) => ({ connectionId: { S: id } })), ...more, $metadata: {} };
    },
  };
  const index = createSubjectIndex({ client: client as DynamoDbClient, tableName: 'connections' });
  expect(await index.connectionIdsOf('person')).toEqual(['acme.a', 'acme.b', 'acme.c']);
  expect(asked).toEqual([undefined, { page: { N: '1' } }, { page: { N: '2' } }]);
});
