import { DUE_SHARDS } from '../../functions/adapters/dynamodb/connection-item.ts';
import { DAY_MS, MINUTE_MS } from '../../functions/core/time-units.ts';
import { FUNCTION_SIZES } from '../../lib/constructs/vault-functions.ts';
import { ASSUMED, GB, MONTH_SECONDS } from './assumptions.ts';
import type { MeasuredCounts } from './measured-counts.ts';
import { recoveryPerSecond } from './peaks.ts';
import { censusSeconds, fleetCounts } from './usage.ts';

/** Adobe's usual life of a refresh token; a rotation is due at 55 % of it at the latest. */
export const LIFE_DAYS = 14;
const DUE_SHARE = 0.55;
/** One rescheduling takes a read, a write and CreateSchedule, with the latencies of the simulation. */
export const RESCHEDULE_MS = 4 + 7 + 30;
export const RESCHEDULED_AT_ONCE = 8;
const RECONCILE_RESERVE_SECONDS = 11;
const MONTH_DAYS = 30;

export const SLACK_DAYS = LIFE_DAYS * (1 - DUE_SHARE);
export const RECONCILE_SECONDS = FUNCTION_SIZES.reconcile.timeoutSeconds;

export interface Scale {
  readonly connections: number;
  readonly postsPerSecondIdle: number;
  readonly postsPerSecondMixed: number;
  readonly recoveryPerSecond: number;
  /** Counts every write of the fleet as a write to the index `due`, in the hours of a recovery. */
  readonly writesPerShard: number;
  readonly censusSeconds: number;
  readonly censusSecondsOnACore: number;
  /** What the reconciler has to reschedule while no schedule fires. */
  readonly duePerMinute: number;
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
    writesPerShard: (mixed.writeUnits / MONTH_SECONDS + recovery * writesPerRotation) / DUE_SHARDS,
    censusSeconds: censusSeconds(measured, connections),
    censusSecondsOnACore: (connections * measured.censusMicrosPerEntry) / 1_000_000,
    duePerMinute: (idle.fired / MONTH_SECONDS) * 60,
    tableGb: (connections * (measured.connectionBytes + ASSUMED.itemOverheadBytes)) / GB,
  };
}

/** The number of connections that one reconciler can reschedule in its five minutes an hour, whatever its limit. */
export function mostRescheduledPerMinute(): number {
  const inOneRun =
    ((RECONCILE_SECONDS - RECONCILE_RESERVE_SECONDS) * 1_000 * RESCHEDULED_AT_ONCE) / RESCHEDULE_MS;
  return Math.floor(inOneRun / 60);
}

export interface RescheduledFleets {
  /** Without a backlog. */
  readonly kept: number;
  /** With a backlog that the slack just absorbs: no grant expires, and nothing is left for another fault. */
  readonly atMost: number;
}

/**
 * The fleets that survive when every schedule is deleted. Connections fall due evenly over one cycle, and each needs one
 * rescheduling. Earliest expiry first, all survive if a cycle and the slack have room for all.
 */
export function fleetsRescheduledBy({ idle }: MeasuredCounts, perMinute: number): RescheduledFleets {
  const cycleDays = MONTH_DAYS / idle.posts;
  return {
    kept: (perMinute * (MONTH_SECONDS / 60)) / idle.fired,
    atMost: (perMinute * (cycleDays + SLACK_DAYS) * DAY_MS) / MINUTE_MS,
  };
}

/** The fleet whose census still fits into one run of the reconciler. */
export function largestCensus({ censusMicrosPerEntry }: MeasuredCounts, coreShare: number): number {
  return ((RECONCILE_SECONDS - RECONCILE_RESERVE_SECONDS) * coreShare * 1_000_000) / censusMicrosPerEntry;
}
