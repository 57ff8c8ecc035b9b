import type { DynamoDbClient, Item } from '../../../functions/adapters/dynamodb/dynamodb-client.ts';

/** A table that holds what was put last, or what it is given to hold. */
export function createOneItemTable(held?: Item) {
  let item = held;
  const unused = () => Promise.reject(new Error('This table only gets and puts.'));
  const client: DynamoDbClient = {
    get: async () => item,
    put: async ({ Item }) => {
      item = Item;
      return {};
    },
    query: unused,
    scan: unused,
    update: unused,
    delete: unused,
    clockSkewMs: () => 0,
  };
  return {
    table: { client, tableName: 'table' },
    get item(): Item {
      return item ?? {};
    },
  };
}
