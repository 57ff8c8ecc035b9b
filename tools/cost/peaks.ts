import { ASSUMED, MONTH_SECONDS } from './assumptions.ts';
import type { MeasuredCounts, MonthlyCounts } from './measured-counts.ts';
import { QUOTAS, type QuotaName } from './price-list.ts';
import { fleetCounts } from './usage.ts';

export interface TokenRequirement {
  readonly quota: QuotaName;
  readonly needed: number;
  readonly allowed: number;
  /** More than four fifths are used: request a higher quota before the fleet is that large. */
  readonly mustRaise: boolean;
}

const CLOSE = 0.8;

/**
 * The demand of the busiest second: a usual day's peak, or the hours in which every connection rotates again after an outage or
 * a lost schedule group, whichever is higher.
 */
export function demandsOf(measured: MeasuredCounts, connections: number): readonly TokenRequirement[] {
  const counts = fleetCounts(measured, { connections, habit: 'mixed' });
  const recovery = recoveryPerSecond(connections);
  const { idle } = measured;
  const perRotation = (of: (counts: MonthlyCounts) => number) => of(idle) / idle.posts;
  const busiest = (perMonth: number, inRecovery: number) =>
    Math.max((perMonth / MONTH_SECONDS) * ASSUMED.peakFactor, perMonth / MONTH_SECONDS + inRecovery);
  const needed: readonly (readonly [QuotaName, number])[] = [
    ['schedules', connections],
    ['createSchedule', busiest(counts.schedulesCreated, 2 * recovery)],
    ['schedulerInvocations', busiest(counts.fired, recovery)],
    [
      'kmsRequests',
      busiest(
        counts.dataKeys + counts.decrypts,
        recovery * perRotation(({ dataKeys, decrypts }) => dataKeys + decrypts),
      ),
    ],
    [
      'lambdaConcurrency',
      busiest(secondsInFunctions(counts), (recovery * ASSUMED.billedMs.rotatePosting) / 1_000),
    ],
    ['dynamoDbWrites', busiest(counts.writeUnits, recovery * perRotation(({ writeUnits }) => writeUnits))],
    ['dynamoDbReads', busiest(counts.readUnits, recovery * perRotation(({ readUnits }) => readUnits))],
    ['apiRequests', busiest(counts.vends, 0)],
  ];
  return needed.map(([quota, amount]) => {
    const allowed = QUOTAS[quota].perRegion;
    return { quota, needed: amount, allowed, mustRaise: amount > CLOSE * allowed };
  });
}

/** Every connection once, evenly over the hours of a recovery. */
export function recoveryPerSecond(connections: number): number {
  return connections / (ASSUMED.recoveryHours * 3_600);
}

function secondsInFunctions({ rotateRuns, vends, vendsRenewed }: MonthlyCounts): number {
  const { billedMs } = ASSUMED;
  return (
    (rotateRuns * billedMs.rotatePosting +
      vendsRenewed * billedMs.vendRenewed +
      vends * billedMs.vendCached) /
    1_000
  );
}
