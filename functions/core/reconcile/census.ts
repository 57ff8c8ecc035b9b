import { STATE_RULES } from '../connection/connection-states.ts';
import { LONGEST_WAIT_MS } from '../connection/due.ts';
import { ASSUMED_REFRESH_LIFE_MS, LONGEST_BELIEVED_LIFE_MS } from '../connection/lifetime.ts';
import type { Deadline } from '../deadline.ts';
import { defined } from '../defined.ts';
import type { DueIndex, OverdueConnection } from '../ports/connections.ts';
import { HOUR_MS, MINUTE_MS } from '../time-units.ts';

/** A grant that expires sooner than this while it could be rotated has missed days of chances. */
const AT_RISK_MS = 72 * HOUR_MS;
const PAGE_SIZE = 5_000;
const LONGEST_HOURS = LONGEST_BELIEVED_LIFE_MS / HOUR_MS;
/** What the rest of a run needs. */
const RESERVE_MS = 5_000;

/** How far the fleet is from losing a grant that rotating can keep. */
export interface Census {
  /** Connections that rotating keeps alive: active or suspect, and not known to end anyway. */
  readonly counted: number;
  readonly atRisk: number;
  readonly expired: number;
  /** Connections that no rotation can extend: their users must consent again. */
  readonly ending: number;
  /**
   * Time to expiry: the least, and the first percentile. A fleet without a counted connection has the longest time, because
   * an alarm that fired for its last one would otherwise stay on. Absent when an incomplete count found none.
   */
  readonly safetyHours?: { readonly least: number; readonly p01: number };
  /** Whether all connections were counted. */
  readonly complete: boolean;
  /** Due times later than the connection's expiry; at most as many as one run can repair. */
  readonly astray: readonly OverdueConnection[];
}

/** Walks the index `due` shard by shard. Memory is bounded: times are counted by the hour. */
export async function takeCensus(
  dueIndex: DueIndex,
  nowMs: number,
  deadline: Deadline,
  mostAstray = 0,
): Promise<Census> {
  const tally = createTally(nowMs, mostAstray);
  const walks = Array.from({ length: dueIndex.shardCount }, (_, shard) =>
    walk(dueIndex, shard, tally, deadline),
  );
  const complete = (await Promise.all(walks)).every(Boolean);
  const counts = tally.result();
  if (counts.counted > 0 || !complete) return { ...counts, complete };
  return { ...counts, safetyHours: { least: LONGEST_HOURS, p01: LONGEST_HOURS }, complete };
}

async function walk(dueIndex: DueIndex, shard: number, tally: Tally, deadline: Deadline): Promise<boolean> {
  let cursor: string | undefined;
  do {
    if (deadline.remainingMs() < RESERVE_MS) return false;
    const page = await dueIndex.overdue({
      shard,
      untilMs: Number.MAX_SAFE_INTEGER,
      limit: PAGE_SIZE,
      ...defined({ cursor }),
    });
    for (const due of page.overdue) tally.add(due);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return true;
}

type Tally = ReturnType<typeof createTally>;

/**
 * A living connection is due by its end of life, or a back-off later, and that end is near. A later due time may be
 * right all the same, where a back-off reaches beyond the end or a token was seen to live longer: the connection itself
 * decides.
 */
function isAstray({ state, dueAtMs, refreshExpiresAtMs }: OverdueConnection, nowMs: number): boolean {
  if (dueAtMs > nowMs + LONGEST_BELIEVED_LIFE_MS + LONGEST_WAIT_MS) return true;
  if (state === undefined || !STATE_RULES[state].live || refreshExpiresAtMs === undefined) return false;
  if (refreshExpiresAtMs > nowMs + ASSUMED_REFRESH_LIFE_MS + MINUTE_MS) return true;
  const isUnexpired = refreshExpiresAtMs > nowMs;
  return dueAtMs > (isUnexpired ? refreshExpiresAtMs : nowMs + LONGEST_WAIT_MS);
}

function createTally(nowMs: number, mostAstray: number) {
  const byHour = new Uint32Array(LONGEST_HOURS + 1);
  let counted = 0;
  let atRisk = 0;
  let expired = 0;
  let ending = 0;
  let leastMs = Number.POSITIVE_INFINITY;
  const astray: OverdueConnection[] = [];

  return {
    add(due: OverdueConnection): void {
      const { state, sliding, refreshExpiresAtMs } = due;
      if (astray.length < mostAstray && isAstray(due, nowMs)) astray.push(due);
      if ((state !== 'active' && state !== 'suspect') || refreshExpiresAtMs === undefined) return;
      if (sliding === 'no') {
        ending += 1;
        return;
      }
      const leftMs = refreshExpiresAtMs - nowMs;
      counted += 1;
      leastMs = Math.min(leastMs, leftMs);
      if (leftMs <= 0) expired += 1;
      else if (leftMs <= AT_RISK_MS) atRisk += 1;
      const hour = Math.min(Math.max(Math.floor(leftMs / HOUR_MS), 0), LONGEST_HOURS);
      byHour[hour] = (byHour[hour] ?? 0) + 1;
    },
    result(): Omit<Census, 'complete'> {
      const counts = { counted, atRisk, expired, ending, astray };
      if (counted === 0) return counts;
      return { ...counts, safetyHours: { least: leastMs / HOUR_MS, p01: percentileHour(byHour, counted) } };
    },
  };
}

function percentileHour(byHour: Uint32Array, counted: number): number {
  const rank = Math.max(1, Math.ceil(counted / 100));
  let seen = 0;
  return byHour.findIndex((count) => {
    seen += count;
    return seen >= rank;
  });
}
