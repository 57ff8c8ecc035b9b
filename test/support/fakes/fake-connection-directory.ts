import { DUE_SHARDS, dueShardOf } from '../../../functions/adapters/dynamodb/due-shard.ts';
import type { Connection } from '../../../functions/core/connection/connection.ts';
import type { ConnectionDirectory, ListedConnection } from '../../../functions/core/ports/connections.ts';
import type { ConnectionMemory } from './connection-memory.ts';

export function createFakeConnectionDirectory(memory: ConnectionMemory): ConnectionDirectory {
  return {
    shardCount: DUE_SHARDS,
    async all({ limit, after }) {
      await Promise.resolve();
      const rest = [...memory.connections.values()]
        .toSorted((one, other) => (one.connectionId < other.connectionId ? -1 : 1))
        .filter(({ connectionId }) => after === undefined || connectionId > after);
      const read = rest.slice(0, limit);
      const last = rest.length > limit ? read.at(-1)?.connectionId : undefined;
      return { connections: read.map(shownInFull), ...(last !== undefined && { last }) };
    },
    async lapsing({ shard, expiresByMs, limit, after }) {
      await Promise.resolve();
      const rest = memory
        .indexed()
        .flatMap((connection) => {
          const { connectionId, dueAtMs } = connection;
          const isHere =
            dueAtMs !== undefined && dueAtMs <= expiresByMs && dueShardOf(connectionId) === shard;
          return isHere ? [{ connection, position: { connectionId, dueAtMs } }] : [];
        })
        .toSorted((one, other) => (textOf(one.position) < textOf(other.position) ? -1 : 1))
        .filter(({ position }) => after === undefined || textOf(position) > textOf(after));
      const read = rest.slice(0, limit);
      const connections = read
        .map(({ connection }) => connection)
        .filter(
          ({ refreshExpiresAtMs }) => refreshExpiresAtMs !== undefined && refreshExpiresAtMs <= expiresByMs,
        )
        .map(shown);
      const last = rest.length > limit ? read.at(-1)?.position : undefined;
      return { connections, ...(last && { last }) };
    },
  };
}

function shown({ connectionId, state, sliding, refreshExpiresAtMs }: Connection): ListedConnection {
  return { connectionId, state, sliding, ...(refreshExpiresAtMs !== undefined && { refreshExpiresAtMs }) };
}

function shownInFull(connection: Connection): ListedConnection {
  const { degraded } = connection;
  return { ...shown(connection), ...(degraded && { degraded }) };
}

function textOf({
  dueAtMs,
  connectionId,
}: {
  readonly dueAtMs: number;
  readonly connectionId: string;
}): string {
  return `${String(dueAtMs).padStart(16, '0')} ${connectionId}`;
}
