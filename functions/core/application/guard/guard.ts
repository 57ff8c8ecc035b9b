import { isOddBurst } from '../../domain/breaker-rules.ts';
import { HOUR_MS, MINUTE_MS } from '../../domain/durations.ts';
import type { BreakerStore } from '../../ports/breaker-store.ts';
import type { OverdueWake, WakeIndex } from '../../ports/wake-index.ts';
import type { Deadline } from '../deadline.ts';
import { readBreakers } from '../rotation/record-attempt.ts';
import { type Census, takeCensus } from './census.ts';
import { collectOverdue } from './collect-overdue.ts';
import { OVERDUE_AFTER_MS, type RearmDeps, rearm, repairWake, SPREAD_MS } from './rearm.ts';

const SPREAD_MINUTES = SPREAD_MS / MINUTE_MS;
const CENSUS_EVERY_HOURS = 6;
const AT_ONCE = 8;
/** What one more batch needs. */
const BATCH_MS = 10_000;

export interface GuardDeps extends RearmDeps {
  readonly wakes: WakeIndex;
  readonly breakers: BreakerStore;
  readonly settings: { readonly maxAlarmsPerMinute: number };
}

export interface GuardReport {
  readonly overdue: number;
  readonly rearmed: number;
}

export type Guard = (deadline: Deadline) => Promise<GuardReport>;

/**
 * Finds wakes whose alarm never came and gives them a new one: earliest lapse first, spread over the coming hour, at most
 * so many a minute. What does not fit, or time does not allow, stays overdue and is found by the next run. Four times
 * a day it then measures the fleet, and repairs wakes that lie after their connection's end.
 */
export function createGuard(deps: GuardDeps): Guard {
  return async (deadline) => {
    const startedAtMs = deps.clock.nowMs();
    const capacity = deps.settings.maxAlarmsPerMinute * SPREAD_MINUTES;
    const overdue = await collectOverdue(deps.wakes, startedAtMs - OVERDUE_AFTER_MS, capacity);
    const rearmed = await inBatches(overdue, deadline, startedAtMs, (wake, atMs) => rearm(deps, wake, atMs));
    const report = { overdue: overdue.length, rearmed };
    await measure(deps, report);
    if (isCensusDue(startedAtMs)) {
      const census = await takeCensus(deps.wakes, startedAtMs, deadline, capacity);
      measureFleet(deps, census);
      const repaired = await inBatches(census.astray, deadline, startedAtMs, (wake, atMs) =>
        repairWake(deps, wake, atMs),
      );
      if (repaired > 0) deps.telemetry.measure('WakesRepaired', repaired, 'Count');
    }
    return report;
  };
}

/** How many of the wakes were settled in the time there is, each with a slot of the coming hour for its alarm. */
async function inBatches(
  wakes: readonly OverdueWake[],
  deadline: Deadline,
  startedAtMs: number,
  settle: (wake: OverdueWake, atMs: number) => Promise<boolean>,
): Promise<number> {
  let settled = 0;
  for (let first = 0; first < wakes.length; first += AT_ONCE) {
    if (deadline.remainingMs() < BATCH_MS) break;
    const batch = wakes.slice(first, first + AT_ONCE);
    const results = await Promise.all(
      batch.map((wake, at) => settle(wake, slotOf(first + at, wakes.length, startedAtMs))),
    );
    settled += results.filter(Boolean).length;
  }
  return settled;
}

/** Counting everybody costs a read of the whole index: what it watches moves by days. */
function isCensusDue(nowMs: number): boolean {
  return Math.floor(nowMs / HOUR_MS) % CENSUS_EVERY_HOURS === 0;
}

/** `collectOverdue` never returns more than the hour holds, so no minute gets more than its cap. */
function slotOf(position: number, count: number, startedAtMs: number): number {
  const perMinute = Math.ceil(count / SPREAD_MINUTES);
  return startedAtMs + MINUTE_MS * (1 + Math.floor(position / perMinute));
}

async function measure(deps: GuardDeps, { overdue, rearmed }: GuardReport): Promise<void> {
  const { telemetry } = deps;
  telemetry.measure('GuardHeartbeat', 1, 'Count');
  telemetry.measure('OverdueWakes', overdue, 'Count');
  telemetry.measure('RearmedWakes', rearmed, 'Count');
  if (overdue > 0) telemetry.warn('Wakes were overdue and got new alarms.', { overdue, rearmed });
  const breakers = await readBreakers(deps);
  for (const breaker of ['client', 'weather'] as const) {
    telemetry.measure('BreakerOpen', breakers[breaker] ? 1 : 0, 'Count', { breaker });
  }
  telemetry.measure('OddAnswers', isOddBurst(breakers, deps.clock.nowMs()) ? 1 : 0, 'Count');
}

function measureFleet({ telemetry }: GuardDeps, census: Census): void {
  telemetry.measure('Connections', census.counted, 'Count');
  telemetry.measure('AtRiskWithin72Hours', census.atRisk, 'Count');
  telemetry.measure('LapsedConnections', census.lapsed, 'Count');
  telemetry.measure('EndingConnections', census.ending, 'Count');
  if (census.safetyHours !== undefined) {
    telemetry.measure('HoursOfSafetyLeft', census.safetyHours.least, 'None');
    telemetry.measure('HoursOfSafetyLeftP01', census.safetyHours.p01, 'None');
  }
  if (!census.complete) telemetry.warn('The fleet is too large to be counted in the time of one run.');
}
