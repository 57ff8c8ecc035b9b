import type { Connection } from '../../core/domain/connection.ts';
import type { ConnectionChanges } from '../../core/domain/connection-changes.ts';
import { toItem } from './attributes.ts';
import { connectionSchema } from './connection-schema.ts';
import type { Item } from './dynamodb-client.ts';
import { readItem } from './malformed-item.ts';
import { wakeShardOf } from './wake-shard.ts';

export function connectionFrom(item: Item): Connection {
  const connection = readItem(connectionSchema, item, 'A connection');
  if (!connection.subjectKey?.startsWith(UNKNOWN_OWNER)) return connection;
  const { subjectKey: _, ...ownerless } = connection;
  return ownerless;
}

export function connectionItem(connection: Connection): Item {
  const { connectionId, wakeAtMs } = connection;
  return toItem({ ...connection, ...subjectPlace(connection), ...wakePlace(connectionId, wakeAtMs) });
}

/** No subject key of a person has a dot in it. */
const UNKNOWN_OWNER = 'unknown.';

/** Where the index `subject` holds a connection of nobody known, in as many partitions as the index `wake` has. */
export function unknownOwnerKey(shard: number): string {
  return `${UNKNOWN_OWNER}${shard}`;
}

function subjectPlace({ connectionId, state, subjectKey }: Connection) {
  if (subjectKey !== undefined || state === 'disconnected') return {};
  return { subjectKey: unknownOwnerKey(wakeShardOf(connectionId)) };
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
