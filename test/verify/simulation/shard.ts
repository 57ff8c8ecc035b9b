import { STATE_RULES } from '../../../functions/core/connection/connection-states.ts';
import { DAY_MS, HOUR_MS } from '../../../functions/core/time-units.ts';
import type { ProviderMode } from '../../../local/ims/refresh-token-rules.ts';
import type { AdobeTally } from './adobe.ts';
import { plannedDisturbances } from './adobe-conditions.ts';
import type { Findings } from './census.ts';
import type { Counters, FleetSeconds } from './counters.ts';
import { createFleet, type Fleet } from './fleet.ts';
import { loseTableAt, type Restored } from './lost-table.ts';

/** One run of a fleet. */
export interface RunOptions {
  readonly connections: number;
  readonly days: number;
  readonly outageDays: number;
  readonly seed: string;
  readonly mode: ProviderMode;
  /** `grace`: absent = a used token stays good until its successor is used. */
  readonly graceSeconds?: number;
  /** On this day the schedule group is deleted with every schedule in it. */
  readonly deleteSchedulesOnDay?: number;
  /** On this day the table is lost, and replaced by the one of the day before. */
  readonly restoreOnDay?: number;
  /** Separate vaults, each with its part of the connections, of Adobe's limit and of the reconciler's cap. */
  readonly shards: number;
}

/** One part of a fleet. Can be sent to another thread. */
export interface ShardOptions extends RunOptions {
  readonly shard: number;
  readonly realSealing: boolean;
  readonly dailyShare: number;
  readonly revokingShare: number;
  readonly adobeLimitPerSecond: number;
  readonly maxSchedulesPerMinute: number;
  /** Shared by all shards. */
  readonly seconds: FleetSeconds;
}

export interface ShardResult {
  readonly connections: number;
  readonly findings: Findings;
  readonly adobe: AdobeTally;
  readonly counts: Counters;
  readonly reconcile: { readonly longestRunMs: number; readonly rescheduled: number };
  /** Hours of life left of the connection that has least, every six hours; only of those that can slide and live. */
  readonly safetyHours: readonly number[];
  readonly schedulesLeft: number;
  readonly restored?: Restored;
}

export const START_MS = Date.UTC(2026, 0, 5);
const SAFETY_EVERY_MS = 6 * HOUR_MS;
const ONBOARDING_DAYS = 14;
/** A user who revokes in the last days may not be found before the end: idle connections post once a week. */
const FINDING_DAYS = 18;

/** The outage comes in the middle, when every user has consented. */
export function outageFromDay(days: number, outageDays: number): number {
  return Math.max(Math.min(ONBOARDING_DAYS + 6, days - outageDays), Math.round((days - outageDays) / 2));
}

export async function runShard(options: ShardOptions, progress: (day: number) => void): Promise<ShardResult> {
  const { shard, shards, connections, days, outageDays, mode } = options;
  const users: number[] = [];
  for (let user = shard; user < connections; user += shards) users.push(user);
  const fleet = createFleet({
    seed: `${options.seed} ${shard}/${shards}`,
    mode,
    ...(options.graceSeconds !== undefined && { graceMs: options.graceSeconds * 1_000 }),
    users,
    startMs: START_MS,
    revokingUntilMs: START_MS + Math.max(ONBOARDING_DAYS + 1, days - FINDING_DAYS) * DAY_MS,
    habits: {
      onboardingDays: ONBOARDING_DAYS,
      dailyShare: options.dailyShare,
      revokingShare: options.revokingShare,
      fixedShare: 0.05,
    },
    disturbances: plannedDisturbances({
      startMs: START_MS,
      days,
      outage: { fromDay: outageFromDay(days, outageDays), days: outageDays },
    }),
    faultShare: mode === 'strict' || mode === 'family' ? 0.0001 : 0.01,
    lostScheduleShare: 0.0001,
    adobeLimitPerSecond: options.adobeLimitPerSecond / shards,
    maxSchedulesPerMinute: options.maxSchedulesPerMinute / shards,
    realSealing: options.realSealing,
    seconds: options.seconds,
  });
  if (options.deleteSchedulesOnDay !== undefined) {
    fleet.time.at(START_MS + options.deleteSchedulesOnDay * DAY_MS, fleet.scheduler.deleteAll);
  }
  const restored =
    options.restoreOnDay === undefined
      ? undefined
      : loseTableAt(fleet, START_MS + options.restoreOnDay * DAY_MS);
  const safetyHours: number[] = [];
  const untilMs = START_MS + days * DAY_MS;
  for (let atMs = START_MS; atMs < untilMs; atMs += SAFETY_EVERY_MS) {
    await fleet.time.passUntil(atMs + SAFETY_EVERY_MS);
    safetyHours.push(leastHoursLeft(fleet));
    if ((atMs - START_MS) % DAY_MS === 0) progress((atMs - START_MS) / DAY_MS + 1);
  }
  return {
    connections: users.length,
    findings: fleet.census.close(fleet.table.rows()),
    adobe: fleet.adobe.tally(),
    counts: fleet.counts,
    reconcile: { longestRunMs: fleet.reconcile.longestRunMs, rescheduled: fleet.reconcile.rescheduled },
    safetyHours,
    schedulesLeft: fleet.scheduler.size,
    ...(restored && { restored }),
  };
}

function leastHoursLeft({ table, time }: Fleet): number {
  let leastMs = Number.POSITIVE_INFINITY;
  for (const { state, sliding, renewable, refreshExpiresAtMs } of table.rows()) {
    // Rules out most rows, so that few need a closer look.
    if (refreshExpiresAtMs === undefined || refreshExpiresAtMs >= leastMs) continue;
    const counts = STATE_RULES[state].live && state !== 'suspect' && sliding !== 'no' && renewable;
    if (counts) leastMs = refreshExpiresAtMs;
  }
  return leastMs === Number.POSITIVE_INFINITY ? 14 * 24 : (leastMs - time.nowMs()) / HOUR_MS;
}
