import type { DynaliteStore } from './dynalite-store.ts';
import { type Item, keyOf, type TableProperties } from './table-schema.ts';

/** One item before and after a write that succeeded. */
export interface ItemWrite {
  readonly tableName: string;
  readonly before: Item | undefined;
  readonly after: Item | undefined;
}

interface OneItemWrite {
  readonly TableName: string;
  readonly Key?: Item;
  readonly Item?: Item;
}

const ONE_ITEM_WRITES = ['PutItem', 'UpdateItem', 'DeleteItem'];

/**
 * Runs calls as the store does, but writes of one item one after the other, so that each can be shown with the item it
 * replaced. Reads wait for earlier writes, so that no caller acts on a write that has not been shown.
 */
export function watched(
  store: DynaliteStore,
  tableNamed: (tableName: string) => TableProperties | undefined,
  listener: (write: ItemWrite) => void,
): DynaliteStore['run'] {
  let last: Promise<unknown> = Promise.resolve();

  const itemAt = async (TableName: string, Key: Item): Promise<Item | undefined> => {
    const answer = await store.call('GetItem', { TableName, Key, ConsistentRead: true });
    return (answer as { Item?: Item }).Item;
  };

  const write = async (operation: string, body: Uint8Array) => {
    const { TableName, Key, Item } = JSON.parse(Buffer.from(body).toString('utf8')) as OneItemWrite;
    const table = tableNamed(TableName);
    const key = Key ?? (table && Item && keyOf(table, Item));
    if (!key) return store.run(operation, body);
    const before = await itemAt(TableName, key);
    const answer = await store.run(operation, body);
    if (answer.status === 200)
      listener({ tableName: TableName, before, after: await itemAt(TableName, key) });
    return answer;
  };

  return (operation, body) => {
    if (!ONE_ITEM_WRITES.includes(operation)) return last.then(() => store.run(operation, body));
    const turn = last.then(() => write(operation, body));
    last = turn.catch(() => undefined);
    return turn;
  };
}
