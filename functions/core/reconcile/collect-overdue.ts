import type { DueIndex, OverdueConnection } from '../ports/connections.ts';

const PAGE_SIZE = 1_000;

/**
 * The most urgent overdue due times of all shards: earliest expiry first, due times without an expiry (tombstones, revocations) last.
 * At most `most`; memory stays bounded by what is kept.
 */
export async function collectOverdue(
  dueIndex: DueIndex,
  untilMs: number,
  most: number,
): Promise<readonly OverdueConnection[]> {
  const shards = Array.from({ length: dueIndex.shardCount }, (_, shard) => shard);
  const found = await Promise.all(shards.map((shard) => collectShard(dueIndex, shard, untilMs, most)));
  return mostUrgent(found.flat(), most);
}

async function collectShard(
  dueIndex: DueIndex,
  shard: number,
  untilMs: number,
  most: number,
): Promise<readonly OverdueConnection[]> {
  let kept: readonly OverdueConnection[] = [];
  let cursor: string | undefined;
  do {
    const page = await dueIndex.overdue({
      shard,
      untilMs,
      limit: PAGE_SIZE,
      ...(cursor !== undefined && { cursor }),
    });
    kept = mostUrgent([...kept, ...page.connections], most);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return kept;
}

function mostUrgent(dueIndex: readonly OverdueConnection[], most: number): readonly OverdueConnection[] {
  return dueIndex.toSorted((one, other) => expiryOf(one) - expiryOf(other)).slice(0, most);
}

function expiryOf(due: OverdueConnection): number {
  return due.refreshExpiresAtMs ?? Number.MAX_SAFE_INTEGER;
}
