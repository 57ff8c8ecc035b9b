import { STATE_RULES } from '../../../functions/core/connection/connection-states.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../functions/core/time-units.ts';
import type { Condition } from './adobe-conditions.ts';
import { createFleet, type Fleet } from './fleet.ts';

export interface BadHourOptions {
  readonly connections: number;
  readonly condition: Exclude<Condition, 'normal' | 'down'>;
  readonly seed: string;
  /** The share of users whose token is read every day. The more of them, the more posts fall into the hour. */
  readonly dailyShare?: number;
  /** By then every user has consented, and refreshes are spread over the day. */
  readonly daysBefore?: number;
  readonly daysAfter?: number;
}

export interface BadHour {
  readonly condition: Condition;
  readonly postsInTheHour: number;
  /** Counted by Adobe's books: the token was consumed and its successor was never stored. */
  readonly lost: number;
  readonly falseDeaths: number;
  /** Lost grants of which the app was notified, and which came back by a new consent. */
  readonly named: number;
  /** From the end of the hour until every connection that was not lost is active and on time. */
  readonly healthyAfterMinutes: number;
  readonly holds: boolean;
}

const START_MS = Date.UTC(2026, 0, 5);
/** Of ten thousand connections. The same limit holds for a smaller fleet: the breakers' trials cost the same in each. */
const LOSSES_ALLOWED = 10;

/** One hour of slow or lost answers over a fleet in `strict`, where every lost answer is a lost grant. */
export async function runBadHour(options: BadHourOptions): Promise<BadHour> {
  const { connections, condition, seed, dailyShare = 0.3, daysBefore = 9, daysAfter = 4 } = options;
  const fromMs = START_MS + daysBefore * DAY_MS;
  const untilMs = fromMs + HOUR_MS;
  const fleet = createFleet({
    seed: `${seed} ${condition}`,
    mode: 'strict',
    users: Array.from({ length: connections }, (_, user) => user),
    startMs: START_MS,
    revokingUntilMs: START_MS,
    habits: { onboardingDays: daysBefore - 1, dailyShare, revokingShare: 0, fixedShare: 0 },
    disturbances: [{ condition, fromMs, untilMs }],
    faultShare: 0,
    lostScheduleShare: 0,
    adobeLimitPerSecond: 1_000,
    maxSchedulesPerMinute: 120,
    realSealing: false,
  });
  await fleet.time.passUntil(fromMs);
  const postsBefore = fleet.counts.ims.posts;
  await fleet.time.passUntil(untilMs);
  const postsInTheHour = fleet.counts.ims.posts - postsBefore;
  const healthyAfterMinutes = await untilHealthy(fleet, untilMs, daysAfter * DAY_MS);
  await fleet.time.passUntil(untilMs + daysAfter * DAY_MS);
  const { consumedButUndelivered: lost } = fleet.adobe.tally();
  const findings = fleet.census.close(fleet.table.rows());
  const { falseDeaths, lostInWindow, lostButNotNamed, unexplained, expired } = findings;
  return {
    condition,
    postsInTheHour,
    lost,
    falseDeaths,
    named: lostInWindow - lostButNotNamed,
    healthyAfterMinutes,
    holds:
      lost <= LOSSES_ALLOWED &&
      falseDeaths + unexplained + expired === 0 &&
      lostInWindow === lost &&
      healthyAfterMinutes * MINUTE_MS < daysAfter * DAY_MS,
  };
}

async function untilHealthy(fleet: Fleet, fromMs: number, patienceMs: number): Promise<number> {
  for (let minutes = 0; minutes * MINUTE_MS < patienceMs; minutes += 1) {
    await fleet.time.passUntil(fromMs + minutes * MINUTE_MS);
    if (isHealthy(fleet)) return minutes;
  }
  return patienceMs / MINUTE_MS;
}

/** A lost grant cannot recover by itself; everything else must. */
function isHealthy({ breakers, table, time, census }: Fleet): boolean {
  if (breakers().outage !== undefined || breakers().credential !== undefined) return false;
  for (const connection of table.rows()) {
    const { state, rotateAtMs, dueAtMs, failures, lease, nextAttemptAtMs = 0 } = connection;
    if (!STATE_RULES[state].live || census.isLost(connection)) continue;
    const isLate = Math.min(rotateAtMs ?? Infinity, dueAtMs ?? Infinity) < time.nowMs() - 30 * MINUTE_MS;
    const isWaiting = nextAttemptAtMs > time.nowMs();
    if (state !== 'active' || failures > 0 || isLate || isWaiting) return false;
    if (lease !== undefined && lease.untilMs < time.nowMs()) return false;
  }
  return true;
}
