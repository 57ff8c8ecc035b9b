import type { Deadline } from '../deadline.ts';
import { defined } from '../defined.ts';
import type { DueIndex, OverdueConnection } from '../ports/connections.ts';
import type { BreakerStore } from '../ports/rotation.ts';
import { readBreakers } from '../rotation/breaker-report.ts';
import { hasManyOddAnswers } from '../rotation/breakers.ts';
import { HOUR_MS, MINUTE_MS } from '../time-units.ts';
import { type Census, takeCensus } from './census.ts';
import { OVERDUE_AFTER_MS, type RescheduleDeps, repairDue, reschedule, SPREAD_MS } from './reschedule.ts';

const SPREAD_MINUTES = SPREAD_MS / MINUTE_MS;
const CENSUS_EVERY_HOURS = 6;
const AT_ONCE = 8;
const PAGE_SIZE = 1_000;
/** The time that one more batch needs. */
const BATCH_MS = 10_000;

export interface ReconcileDeps extends RescheduleDeps {
  readonly dueIndex: DueIndex;
  readonly breakers: BreakerStore;
  readonly settings: { readonly maxSchedulesPerMinute: number };
}

export interface ReconcileReport {
  readonly overdue: number;
  readonly rescheduled: number;
}

export type Reconcile = (deadline: Deadline) => Promise<ReconcileReport>;

/**
 * Finds due times whose schedule never fired and gives each a new schedule: earliest expiry first, spread over the
 * coming hour, at most `maxSchedulesPerMinute`. What does not fit, or time does not allow, stays overdue until the next
 * run. Four times a day the run then measures the fleet, and repairs due times that lie after their connection's end.
 */
export function createReconcile(deps: ReconcileDeps): Reconcile {
  return async (deadline) => {
    const startedAtMs = deps.clock.nowMs();
    const capacity = deps.settings.maxSchedulesPerMinute * SPREAD_MINUTES;
    const overdue = await collectOverdue(deps.dueIndex, startedAtMs - OVERDUE_AFTER_MS, capacity);
    const rescheduled = await inBatches(overdue, deadline, startedAtMs, (due, atMs) =>
      reschedule(deps, due, atMs),
    );
    const report = { overdue: overdue.length, rescheduled };
    await measure(deps, report);
    if (isCensusDue(startedAtMs)) {
      const census = await takeCensus(deps.dueIndex, startedAtMs, deadline, capacity);
      measureFleet(deps, census);
      const repaired = await inBatches(census.astray, deadline, startedAtMs, (due, atMs) =>
        repairDue(deps, due, atMs),
      );
      if (repaired > 0) deps.telemetry.measure('DueRepaired', repaired, 'Count');
    }
    return report;
  };
}

/**
 * The number of due times that were handled in the time there is. Each gets a slot of the coming hour for its
 * schedule.
 */
async function inBatches(
  overdue: readonly OverdueConnection[],
  deadline: Deadline,
  startedAtMs: number,
  handle: (due: OverdueConnection, atMs: number) => Promise<boolean>,
): Promise<number> {
  let handled = 0;
  for (let first = 0; first < overdue.length; first += AT_ONCE) {
    if (deadline.remainingMs() < BATCH_MS) break;
    const batch = overdue.slice(first, first + AT_ONCE);
    const results = await Promise.all(
      batch.map((due, at) => handle(due, slotOf(first + at, overdue.length, startedAtMs))),
    );
    handled += results.filter(Boolean).length;
  }
  return handled;
}

/** A census reads the whole index, and what it measures changes over days. */
function isCensusDue(nowMs: number): boolean {
  return Math.floor(nowMs / HOUR_MS) % CENSUS_EVERY_HOURS === 0;
}

/** `collectOverdue` never returns more than the hour holds, so no minute gets more than its cap. */
function slotOf(position: number, count: number, startedAtMs: number): number {
  const perMinute = Math.ceil(count / SPREAD_MINUTES);
  return startedAtMs + MINUTE_MS * (1 + Math.floor(position / perMinute));
}

async function measure(deps: ReconcileDeps, { overdue, rescheduled }: ReconcileReport): Promise<void> {
  const { telemetry } = deps;
  telemetry.measure('ReconcilerHeartbeat', 1, 'Count');
  telemetry.measure('OverdueConnections', overdue, 'Count');
  telemetry.measure('RescheduledConnections', rescheduled, 'Count');
  if (overdue > 0) telemetry.warn('Due times were overdue and got new schedules.', { overdue, rescheduled });
  const breakers = await readBreakers(deps);
  for (const breaker of ['credential', 'outage'] as const) {
    telemetry.measure('BreakerOpen', breakers[breaker] ? 1 : 0, 'Count', { breaker });
  }
  telemetry.measure('OddAnswers', hasManyOddAnswers(breakers, deps.clock.nowMs()) ? 1 : 0, 'Count');
}

function measureFleet({ telemetry }: ReconcileDeps, census: Census): void {
  telemetry.measure('Connections', census.counted, 'Count');
  telemetry.measure('AtRiskWithin72Hours', census.atRisk, 'Count');
  telemetry.measure('ExpiredConnections', census.expired, 'Count');
  telemetry.measure('EndingConnections', census.ending, 'Count');
  if (census.safetyHours !== undefined) {
    telemetry.measure('HoursOfSafetyLeft', census.safetyHours.least, 'None');
    telemetry.measure('HoursOfSafetyLeftP01', census.safetyHours.p01, 'None');
  }
  if (!census.complete) telemetry.warn('The fleet is too large to be counted in the time of one run.');
}

/**
 * The most urgent overdue connections of all shards, at most `most`: earliest expiry first, those without an expiry
 * (tombstones, revocations) last. Memory stays bounded by what is kept.
 */
async function collectOverdue(
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
      ...defined({ cursor }),
    });
    kept = mostUrgent([...kept, ...page.overdue], most);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return kept;
}

function mostUrgent(overdue: readonly OverdueConnection[], most: number): readonly OverdueConnection[] {
  return overdue.toSorted((one, other) => expiryOf(one) - expiryOf(other)).slice(0, most);
}

function expiryOf(due: OverdueConnection): number {
  return due.refreshExpiresAtMs ?? Number.MAX_SAFE_INTEGER;
}
