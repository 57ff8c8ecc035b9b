import type { Connection } from '../../core/domain/connection.ts';
import type { ConnectionChanges } from '../../core/domain/connection-changes.ts';
import { toItem } from './attributes.ts';
import { connectionSchema } from './connection-schema.ts';
import type { Item } from './dynamodb-client.ts';
import { readItem } from './malformed-item.ts';
import { wakeShardOf } from './wake-shard.ts';

export function connectionFrom(item: Item): Connection {
  return readItem(connectionSchema, item, 'A connection');
}

export function connectionItem(connection: Connection): Item {
  const { connectionId, wakeAtMs } = connection;
  return toItem({ ...connection, ...wakePlace(connectionId, wakeAtMs) });
}

/** Changes as attributes: an item is in the sparse index `wake` exactly when it has a wake. */
/** All but the events to append. */
export function attributeChanges(
  connectionId: string,
  { newEvents: _, ...changes }: ConnectionChanges,
): Readonly<Record<string, unknown>> {
  return { ...changes, ...wakePlace(connectionId, changes.wakeAtMs) };
}

function wakePlace(connectionId: string, wakeAtMs: number | null | undefined) {
  if (wakeAtMs === undefined) return {};
  return { wakeShard: wakeAtMs === null ? null : wakeShardOf(connectionId) };
}
