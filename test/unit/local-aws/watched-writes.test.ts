import { describe, expect, it } from 'vitest';
import { createDynaliteStore } from '../../../local/aws/dynamodb/dynalite-store.ts';
import { createTableInput, type Item } from '../../../local/aws/dynamodb/table-schema.ts';
import { type ItemWrite, watched } from '../../../local/aws/dynamodb/watched-writes.ts';

const TABLE = {
  TableName: 'things',
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
};

function thing(count: number): Item {
  return { id: { S: 'one' }, count: { N: String(count) } };
}

describe('Watched writes', () => {
  it('shows each write that succeeds with what it replaced, also when many come at once', async () => {
    const store = createDynaliteStore();
    await store.createTable(createTableInput(TABLE));
    const seen: ItemWrite[] = [];
    const run = watched(
      store,
      () => TABLE,
      (write) => seen.push(write),
    );
    const send = (operation: string, input: object) =>
      run(operation, Buffer.from(JSON.stringify({ TableName: TABLE.TableName, ...input })));
    const onlyIfAbsent = { ConditionExpression: 'attribute_not_exists(id)' };

    await Promise.all([
      send('PutItem', { Item: thing(1), ...onlyIfAbsent }),
      send('PutItem', { Item: thing(2), ...onlyIfAbsent }),
      send('PutItem', { Item: thing(3) }),
      send('GetItem', { Key: { id: { S: 'one' } } }),
      send('DeleteItem', { Key: { id: { S: 'one' } } }),
    ]);

    expect(seen).toEqual([
      { tableName: 'things', before: undefined, after: thing(1) },
      { tableName: 'things', before: thing(1), after: thing(3) },
      { tableName: 'things', before: thing(3), after: undefined },
    ]);
  });

  it('lets no reader see a write before it is shown', async () => {
    const store = createDynaliteStore();
    await store.createTable(createTableInput(TABLE));
    const order: string[] = [];
    const run = watched(
      store,
      () => TABLE,
      ({ after }) => order.push(`shown ${after?.count?.N}`),
    );
    const send = (operation: string, input: object) =>
      run(operation, Buffer.from(JSON.stringify({ TableName: TABLE.TableName, ...input })));

    const writes = [1, 2, 3].map((count) => send('PutItem', { Item: thing(count) }));
    const { body } = await send('GetItem', { Key: { id: { S: 'one' } } });
    order.push(`read ${JSON.parse(body).Item.count.N}`);
    await Promise.all(writes);

    expect(order).toEqual(['shown 1', 'shown 2', 'shown 3', 'read 3']);
  });
});
