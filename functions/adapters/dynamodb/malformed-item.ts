import * as v from 'valibot';
import { PlatformError } from '../../core/platform-error.ts';
import { fromItem } from './attributes.ts';
import type { Item } from './dynamodb-client.ts';

/**
 * Reads an item by its schema. What is not as it was written throws `ITEM_MALFORMED`, which names the attribute
 * and never its value.
 */
export function readItem<Schema extends v.GenericSchema>(
  schema: Schema,
  item: Item,
  what: string,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, fromItem(item));
  if (result.success) return result.output;
  const path = v.getDotPath(result.issues[0]) ?? 'kind';
  throw new PlatformError('ITEM_MALFORMED', `${what} in the table is unreadable at "${path}".`, {
    reason: path,
  });
}
