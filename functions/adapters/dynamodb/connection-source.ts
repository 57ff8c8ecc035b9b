import * as v from 'valibot';
import { PlatformError } from '../../core/platform-error.ts';
import type { ConnectionSource, SourceRow } from '../../core/ports/connections.ts';
import { connectionFrom } from './connection-item.ts';
import type { ConnectionTable } from './connection-store.ts';
import type { Item } from './dynamodb-client.ts';
import { text } from './item-fields.ts';
import { readItem } from './malformed-item.ts';

const key = v.object({ connectionId: text });

/** Reads a whole table, such as one that a point-in-time restore made. */
export function createConnectionSource({ client, tableName }: ConnectionTable): ConnectionSource {
  return {
    async *rows() {
      let from: Item | undefined;
      do {
        const { Items = [], LastEvaluatedKey } = await client.scan({
          TableName: tableName,
          ConsistentRead: true,
          ...(from && { ExclusiveStartKey: from }),
        });
        yield Items.map(rowFrom);
        from = LastEvaluatedKey;
      } while (from !== undefined);
    },
  };
}

function rowFrom(item: Item): SourceRow {
  try {
    return { row: 'connection', connection: connectionFrom(item) };
  } catch (error) {
    if (!(error instanceof PlatformError) || error.code !== 'ITEM_MALFORMED') throw error;
    return { row: 'unreadable', connectionId: readItem(key, item, 'A key').connectionId };
  }
}
