import { AwsServiceError } from '../protocols.ts';
import { type Item, keyOf, type TableProperties } from './table-schema.ts';
import type { ItemWrite } from './watched-writes.ts';

/** The writes of a table since its history is kept, for a restore to a moment. */
export interface TableHistory {
  written(write: ItemWrite, atMs: number): void;
  /** The items as they were then. */
  itemsAt(atMs: number): readonly Item[];
}

export function createTableHistory(
  table: TableProperties,
  startItems: readonly Item[],
  startedAtMs: number,
): TableHistory {
  const writes: { readonly write: ItemWrite; readonly atMs: number }[] = [];
  const textOfKey = (item: Item): string => JSON.stringify(keyOf(table, item));
  return {
    written: (write, atMs) => void writes.push({ write, atMs }),
    itemsAt: (atMs) => {
      if (atMs < startedAtMs) {
        throw new AwsServiceError('InvalidRestoreTimeException', 'The moment is before the history began.');
      }
      const items = new Map(startItems.map((item) => [textOfKey(item), item]));
      for (const { write } of writes.filter((past) => past.atMs <= atMs)) {
        if (write.after) items.set(textOfKey(write.after), write.after);
        else if (write.before) items.delete(textOfKey(write.before));
      }
      return [...items.values()];
    },
  };
}
