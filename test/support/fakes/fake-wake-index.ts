import type { OverdueWake, WakeIndex } from '../../../functions/core/ports/wake-index.ts';
import { WAKE_SHARDS, wakeShardOf } from '../../../functions/platform/dynamodb/wake-shard.ts';
import type { ConnectionMemory } from './connection-memory.ts';

/** Pages by the position after the last wake shown, as DynamoDB's LastEvaluatedKey does. */
export function createFakeWakeIndex(memory: ConnectionMemory): WakeIndex {
  return {
    shardCount: WAKE_SHARDS,
    async overdue({ shard, untilMs, limit, cursor }) {
      await Promise.resolve();
      const due = wakesOf(memory, shard).filter(
        (wake) => wake.wakeAtMs <= untilMs && (cursor === undefined || positionOf(wake) > cursor),
      );
      const wakes = due.slice(0, limit);
      const last = wakes.at(-1);
      return last !== undefined && due.length > limit ? { wakes, cursor: positionOf(last) } : { wakes };
    },
  };
}

function wakesOf(memory: ConnectionMemory, shard: number): OverdueWake[] {
  return memory
    .indexed()
    .flatMap(({ connectionId, wakeAtMs, refreshExpiresAtMs, state, sliding }) =>
      wakeAtMs === undefined || wakeShardOf(connectionId) !== shard
        ? []
        : [
            {
              connectionId,
              wakeAtMs,
              state,
              sliding,
              ...(refreshExpiresAtMs === undefined ? {} : { refreshExpiresAtMs }),
            },
          ],
    )
    .sort((one, other) => (positionOf(one) < positionOf(other) ? -1 : 1));
}

function positionOf({ wakeAtMs, connectionId }: OverdueWake): string {
  return `${String(wakeAtMs).padStart(16, '0')} ${connectionId}`;
}
