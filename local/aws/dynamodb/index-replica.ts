import { createDynaliteStore, type DynaliteStore } from './dynalite-store.ts';
import { createTableInput, type Item, keyOf, type TableProperties } from './table-schema.ts';

export interface IndexReplica {
  addTable(table: TableProperties): Promise<void>;
  /** To be called after a write, with the keys that may have changed. */
  written(table: TableProperties, keys: Item[]): Promise<void>;
  /** The store that answers index reads, with everything applied that is old enough. */
  current(): Promise<DynaliteStore>;
}

/**
 * A copy of the tables that follows `lagMs` behind. Global secondary indexes are updated asynchronously on
 * AWS: reading them from the copy shows old positions, and items that have just left the index.
 */
export async function createIndexReplica(deps: {
  store: DynaliteStore;
  tables: Iterable<TableProperties>;
  lagMs: number;
  nowMs: () => number;
}): Promise<IndexReplica> {
  const copy = createDynaliteStore();
  let waiting: { visibleAtMs: number; table: TableProperties; key: Item; item: Item | undefined }[] = [];

  const addTable = async (table: TableProperties) => {
    await copy.createTable(createTableInput(table));
    for (const item of await allItems(deps.store, table.TableName)) {
      await copy.call('PutItem', { TableName: table.TableName, Item: item });
    }
  };
  for (const table of deps.tables) await addTable(table);

  return {
    addTable,
    async written(table, keys) {
      const visibleAtMs = deps.nowMs() + deps.lagMs;
      for (const key of keys) {
        const got = await deps.store.call('GetItem', {
          TableName: table.TableName,
          Key: key,
          ConsistentRead: true,
        });
        waiting.push({ visibleAtMs, table, key, item: (got as { Item?: Item }).Item });
      }
    },
    async current() {
      const due = waiting.filter((change) => change.visibleAtMs <= deps.nowMs());
      waiting = waiting.filter((change) => !due.includes(change));
      for (const { table, key, item } of due) {
        const TableName = table.TableName;
        await (item === undefined
          ? copy.call('DeleteItem', { TableName, Key: keyOf(table, key) })
          : copy.call('PutItem', { TableName, Item: item }));
      }
      return copy;
    },
  };
}

export async function allItems(store: DynaliteStore, tableName: string): Promise<Item[]> {
  const items: Item[] = [];
  let startKey: Item | undefined;
  do {
    const page = (await store.call('Scan', {
      TableName: tableName,
      ...(startKey && { ExclusiveStartKey: startKey }),
    })) as { Items: Item[]; LastEvaluatedKey?: Item };
    items.push(...page.Items);
    startKey = page.LastEvaluatedKey;
  } while (startKey);
  return items;
}
