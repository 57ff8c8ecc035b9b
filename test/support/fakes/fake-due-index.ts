import { DUE_SHARDS, dueShardOf } from '../../../functions/adapters/dynamodb/due-shard.ts';
import type { DueIndex, OverdueConnection } from '../../../functions/core/ports/connections.ts';
import type { ConnectionMemory } from './connection-memory.ts';

/** Pages by the position after the last due time shown, as DynamoDB's LastEvaluatedKey does. */
export function createFakeDueIndex(memory: ConnectionMemory): DueIndex {
  return {
    shardCount: DUE_SHARDS,
    async overdue({ shard, untilMs, limit, cursor }) {
      await Promise.resolve();
      const due = dueOf(memory, shard).filter(
        (due) => due.dueAtMs <= untilMs && (cursor === undefined || positionOf(due) > cursor),
      );
      const dueIndex = due.slice(0, limit);
      const last = dueIndex.at(-1);
      return last !== undefined && due.length > limit ? { dueIndex, cursor: positionOf(last) } : { dueIndex };
    },
  };
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
