import type { Connection, ConnectionChanges } from '../../core/connection/connection.ts';
import { toItem } from './attributes.ts';
import { connectionSchema } from './connection-schema.ts';
import { dueShardOf } from './due-shard.ts';
import type { Item } from './dynamodb-client.ts';
import { readItem } from './malformed-item.ts';

export function connectionFrom(item: Item): Connection {
  const connection = readItem(connectionSchema, item, 'A connection');
  if (!connection.subjectKey?.startsWith(UNKNOWN_OWNER)) return connection;
  const { subjectKey: _, ...ownerless } = connection;
  return ownerless;
}

export function connectionItem(connection: Connection): Item {
  const { connectionId, dueAtMs } = connection;
  return toItem({ ...connection, ...subjectPlace(connection), ...dueIndexKey(connectionId, dueAtMs) });
}

/** No subject key of a person has a dot in it. */
const UNKNOWN_OWNER = 'unknown.';

/** Where the index `subject` holds a connection of nobody known, in as many partitions as the index `due` has. */
export function unknownOwnerKey(shard: number): string {
  return `${UNKNOWN_OWNER}${shard}`;
}

function subjectPlace({ connectionId, state, subjectKey }: Connection) {
  if (subjectKey !== undefined || state === 'disconnected') return {};
  return { subjectKey: unknownOwnerKey(dueShardOf(connectionId)) };
}

/** Changes as attributes: an item is in the sparse index `due` exactly when it has a due time. */
/** All but the events to append. */
export function attributeChanges(
  connectionId: string,
  { newEvents: _, ...changes }: ConnectionChanges,
): Readonly<Record<string, unknown>> {
  return { ...changes, ...dueIndexKey(connectionId, changes.dueAtMs) };
}

function dueIndexKey(connectionId: string, dueAtMs: number | null | undefined) {
  if (dueAtMs === undefined) return {};
  return { dueShard: dueAtMs === null ? null : dueShardOf(connectionId) };
}
