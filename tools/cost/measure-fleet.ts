import { DAY_MS } from '../../functions/core/time-units.ts';
import { plannedDisturbances } from '../../test/verify/simulation/adobe-conditions.ts';
import type { Counters } from '../../test/verify/simulation/counters.ts';
import { createFleet, type Fleet } from '../../test/verify/simulation/fleet.ts';
import { connectionBytes } from '../../test/verify/simulation/metered-tables.ts';
import type { MonthlyCounts } from './measured-counts.ts';

export interface MeasuredFleet {
  readonly connections: number;
  /** By then every user has connected, and the first rotations are over. */
  readonly fromDay: number;
  readonly toDay: number;
  readonly dailyShare: number;
}

export interface FleetCounts {
  /** For the whole fleet with the reconciler, in 30 days. */
  readonly month: MonthlyCounts;
  readonly connectionBytes: number;
}

const START_MS = Date.UTC(2026, 0, 5);
const MONTH_DAYS = 30;
const ONBOARDING_DAYS = 14;

/** The real use cases in virtual time, with an hour of an outage a week; counted after the first rotations. */
export async function countFleet(measured: MeasuredFleet): Promise<FleetCounts> {
  const { fromDay, toDay } = measured;
  const fleet = fleetOf(measured);
  await fleet.time.passUntil(START_MS + fromDay * DAY_MS);
  const before = structuredClone(fleet.counts);
  await fleet.time.passUntil(START_MS + toDay * DAY_MS);
  return {
    month: monthOf(before, fleet.counts, (toDay - fromDay) / MONTH_DAYS),
    connectionBytes: meanBytes(fleet),
  };
}

function fleetOf({ connections, toDay, dailyShare }: MeasuredFleet): Fleet {
  return createFleet({
    seed: 'cost',
    mode: 'strict',
    users: Array.from({ length: connections }, (_, user) => user),
    startMs: START_MS,
    revokingUntilMs: START_MS + toDay * DAY_MS,
    habits: { onboardingDays: ONBOARDING_DAYS, dailyShare, revokingShare: 0.001, fixedShare: 0.05 },
    disturbances: plannedDisturbances({
      startMs: START_MS,
      days: toDay,
      outage: { fromDay: toDay, days: 0 },
    }),
    faultShare: 0.0001,
    lostScheduleShare: 0.0001,
    adobeLimitPerSecond: 10,
    maxSchedulesPerMinute: 120,
    realSealing: false,
  });
}

function monthOf(before: Counters, after: Counters, months: number): MonthlyCounts {
  const grown = (count: (counters: Counters) => number) => (count(after) - count(before)) / months;
  return {
    readUnits: grown(({ dynamoDb }) => dynamoDb.readUnits),
    writeUnits: grown(({ dynamoDb }) => dynamoDb.writeUnits),
    schedulesCreated: grown(({ scheduler }) => scheduler.create),
    fired: grown(({ scheduler }) => scheduler.fired),
    dataKeys: grown(({ kms }) => kms.generateDataKey),
    decrypts: grown(({ kms }) => kms.decrypt),
    rotateRuns: grown(({ lambda }) => lambda.rotate),
    posts: grown(({ ims }) => ims.posts),
    vends: grown(({ lambda }) => lambda.vend),
    vendsRenewed: grown(({ lambda, vends }) => lambda.vend - (vends.cache ?? 0)),
    consents: grown(({ lambda }) => lambda.callback),
    reconcilerRuns: grown(({ lambda }) => lambda.reconcile),
    events: grown(({ events }) => events.published),
  };
}

function meanBytes({ table }: Fleet): number {
  let bytes = 0;
  let rows = 0;
  for (const row of table.rows()) {
    bytes += connectionBytes(row);
    rows += 1;
  }
  return rows === 0 ? 0 : bytes / rows;
}
