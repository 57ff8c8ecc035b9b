import { DAY_MS, MINUTE_MS } from '../../functions/core/domain/durations.ts';
import { WAKE_SHARDS } from '../../functions/platform/dynamodb/wake-shard.ts';
import { FUNCTION_SIZES } from '../../lib/constructs/function-sizes.ts';
import { ASSUMED, GB, MONTH_SECONDS } from './assumptions.ts';
import type { MeasuredCounts } from './measured-counts.ts';
import { recoveryPerSecond } from './peaks.ts';
import { censusSeconds, fleetCounts } from './usage.ts';

/** Adobe's usual life of a refresh token; a rotation is due at 55 % of it at the latest. */
export const LIFE_DAYS = 14;
const DUE_SHARE = 0.55;
/** One re-arming: a read, a write and CreateSchedule, as the simulation's guard takes them. */
export const REARM_MS = 4 + 7 + 30;
export const REARMED_AT_ONCE = 8;
const GUARD_RESERVE_SECONDS = 11;
const MONTH_DAYS = 30;

export const SLACK_DAYS = LIFE_DAYS * (1 - DUE_SHARE);
export const GUARD_SECONDS = FUNCTION_SIZES.guard.timeoutSeconds;

export interface Scale {
  readonly connections: number;
  readonly postsPerSecondIdle: number;
  readonly postsPerSecondMixed: number;
  readonly recoveryPerSecond: number;
  /** As if every write of the fleet went to the index `wake`, in the hours of a recovery. */
  readonly writesPerShard: number;
  readonly censusSeconds: number;
  readonly censusSecondsOnACore: number;
  /** What the guard has to re-arm while no schedule rings. */
  readonly wakesPerMinute: number;
  readonly tableGb: number;
}

export function scaleOf(measured: MeasuredCounts, connections: number): Scale {
  const idle = fleetCounts(measured, { connections, habit: 'idle' });
  const mixed = fleetCounts(measured, { connections, habit: 'mixed' });
  const recovery = recoveryPerSecond(connections);
  const writesPerRotation = measured.idle.writeUnits / measured.idle.posts;
  return {
    connections,
    postsPerSecondIdle: idle.posts / MONTH_SECONDS,
    postsPerSecondMixed: mixed.posts / MONTH_SECONDS,
    recoveryPerSecond: recovery,
    writesPerShard: (mixed.writeUnits / MONTH_SECONDS + recovery * writesPerRotation) / WAKE_SHARDS,
    censusSeconds: censusSeconds(measured, connections),
    censusSecondsOnACore: (connections * measured.censusMicrosPerEntry) / 1_000_000,
    wakesPerMinute: (idle.rings / MONTH_SECONDS) * 60,
    tableGb: (connections * (measured.connectionBytes + ASSUMED.itemOverheadBytes)) / GB,
  };
}

/** How many wakes one guard can re-arm, whatever its cap allows: it runs for five minutes an hour. */
export function mostRearmedPerMinute(): number {
  const inOneRun = ((GUARD_SECONDS - GUARD_RESERVE_SECONDS) * 1_000 * REARMED_AT_ONCE) / REARM_MS;
  return Math.floor(inOneRun / 60);
}

export interface RearmedFleets {
  /** Without a backlog. */
  readonly kept: number;
  /** With one that the slack just holds: nobody lapses, and nothing else may go wrong. */
  readonly atMost: number;
}

/**
 * The fleets that survive when every schedule is deleted. Wakes fall due evenly over one cycle, and each that is re-armed has a
 * schedule again; served earliest lapse first, all of them fit if there is room for all within a cycle and the slack.
 */
export function fleetsRearmedBy({ idle }: MeasuredCounts, perMinute: number): RearmedFleets {
  const cycleDays = MONTH_DAYS / idle.posts;
  return {
    kept: (perMinute * (MONTH_SECONDS / 60)) / idle.rings,
    atMost: (perMinute * (cycleDays + SLACK_DAYS) * DAY_MS) / MINUTE_MS,
  };
}

/** The fleet whose census still fits into one run of the guard. */
export function largestCensus({ censusMicrosPerEntry }: MeasuredCounts, coreShare: number): number {
  return ((GUARD_SECONDS - GUARD_RESERVE_SECONDS) * coreShare * 1_000_000) / censusMicrosPerEntry;
}
