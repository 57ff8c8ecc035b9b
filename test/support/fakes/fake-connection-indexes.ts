import { DUE_SHARDS, dueShardOf } from '../../../functions/adapters/dynamodb/connection-item.ts';
import type { Connection } from '../../../functions/core/connection/connection.ts';
import type {
  ConnectionDirectory,
  DueIndex,
  ListedConnection,
  OverdueConnection,
  OverduePage,
  SubjectIndex,
  UnknownOwners,
} from '../../../functions/core/ports/connections.ts';
import type { ConnectionMemory } from './fake-connection-store.ts';

/** Pages by the position after the last due time shown, as DynamoDB's LastEvaluatedKey does. */
export function createFakeDueIndex(memory: ConnectionMemory): DueIndex {
  return {
    shardCount: DUE_SHARDS,
    async overdue({ shard, untilMs, limit, cursor }) {
      await Promise.resolve();
      return pageOfDue(
        dueOf(memory, shard).filter(({ dueAtMs }) => dueAtMs <= untilMs),
        limit,
        cursor,
      );
    },
  };
}

/** One page of what is due, earliest first. */
export function pageOfDue(
  due: readonly OverdueConnection[],
  limit: number,
  cursor: string | undefined,
): OverduePage {
  const rest = cursor === undefined ? due : due.filter((one) => positionOf(one) > cursor);
  const overdue = rest.slice(0, limit);
  const last = overdue.at(-1);
  return last !== undefined && rest.length > limit ? { overdue, cursor: positionOf(last) } : { overdue };
}

function dueOf(memory: ConnectionMemory, shard: number): OverdueConnection[] {
  return memory
    .indexed()
    .flatMap(({ connectionId, dueAtMs, refreshExpiresAtMs, state, sliding }) =>
      dueAtMs === undefined || dueShardOf(connectionId) !== shard
        ? []
        : [
            {
              connectionId,
              dueAtMs,
              state,
              sliding,
              ...(refreshExpiresAtMs === undefined ? {} : { refreshExpiresAtMs }),
            },
          ],
    )
    .sort((one, other) => (positionOf(one) < positionOf(other) ? -1 : 1));
}

function positionOf({ dueAtMs, connectionId }: OverdueConnection): string {
  return `${String(dueAtMs).padStart(16, '0')} ${connectionId}`;
}

export function createFakeSubjectIndex(memory: ConnectionMemory): SubjectIndex & UnknownOwners {
  return {
    async connectionIdsOf(subjectKey) {
      await Promise.resolve();
      return memory
        .indexed()
        .filter((connection) => connection.subjectKey === subjectKey)
        .map((connection) => connection.connectionId);
    },
    async countUnknownOwners() {
      await Promise.resolve();
      const isOwnerless = ({ state, subjectKey }: Connection) =>
        state !== 'disconnected' && subjectKey === undefined;
      return memory.indexed().filter(isOwnerless).length;
    },
  };
}

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
    async expiring({ shard, expiresByMs, limit, after }) {
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
  const { degraded, connectedAtMs, rotatedAtMs, renewable } = connection;
  return {
    ...shown(connection),
    connectedAtMs,
    renewable,
    ...(degraded && { degraded }),
    ...(rotatedAtMs !== undefined && { rotatedAtMs }),
  };
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
