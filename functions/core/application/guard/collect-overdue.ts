import type { OverdueWake, WakeIndex } from '../../ports/wake-index.ts';

const PAGE_SIZE = 1_000;

/**
 * The most urgent overdue wakes of all shards: earliest lapse first, wakes without a lapse (tombstones, revocations) last.
 * At most `most`; memory stays bounded by what is kept.
 */
export async function collectOverdue(
  wakes: WakeIndex,
  untilMs: number,
  most: number,
): Promise<readonly OverdueWake[]> {
  const shards = Array.from({ length: wakes.shardCount }, (_, shard) => shard);
  const found = await Promise.all(shards.map((shard) => collectShard(wakes, shard, untilMs, most)));
  return mostUrgent(found.flat(), most);
}

async function collectShard(
  wakes: WakeIndex,
  shard: number,
  untilMs: number,
  most: number,
): Promise<readonly OverdueWake[]> {
  let kept: readonly OverdueWake[] = [];
  let cursor: string | undefined;
  do {
    const page = await wakes.overdue({
      shard,
      untilMs,
      limit: PAGE_SIZE,
      ...(cursor !== undefined && { cursor }),
    });
    kept = mostUrgent([...kept, ...page.wakes], most);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return kept;
}

function mostUrgent(wakes: readonly OverdueWake[], most: number): readonly OverdueWake[] {
  return wakes.toSorted((one, other) => lapseOf(one) - lapseOf(other)).slice(0, most);
}

function lapseOf(wake: OverdueWake): number {
  return wake.refreshExpiresAtMs ?? Number.MAX_SAFE_INTEGER;
}
