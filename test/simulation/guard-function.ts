import { createDeadline } from '../../functions/core/application/deadline.ts';
import { createGuard, type GuardDeps } from '../../functions/core/application/guard/guard.ts';
import { HOUR_MS, SECOND_MS } from '../../functions/core/domain/durations.ts';
import type { AlarmClock } from '../../functions/core/ports/alarm-clock.ts';
import type { ConnectionStore } from '../../functions/core/ports/connection-store.ts';
import type { WakeIndex } from '../../functions/core/ports/wake-index.ts';
import type { Counters } from './counters.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface GuardFunctionOptions {
  readonly deps: Omit<GuardDeps, 'clock'>;
  readonly time: VirtualTime;
  readonly counts: Counters;
}

export interface GuardFunction {
  /** Runs every hour from `firstAtMs` on. */
  start(firstAtMs: number): void;
  readonly longestRunMs: number;
  readonly rearmed: number;
}

/** What the calls of a run take, as measured from within a region: here their number decides how long it lasts. */
const CALL_MS = { query: 8, read: 4, write: 7, schedule: 30 };
const TIMEOUT_MS = 300 * SECOND_MS;
const RESERVE_MS = SECOND_MS;

/** The function `guard`: the real use case, hour after hour, over ports that take their time. */
export function createGuardFunction({ deps, time, counts }: GuardFunctionOptions): GuardFunction {
  const guard = createGuard({
    ...deps,
    clock: time,
    connections: slowStore(deps.connections, time),
    wakes: slowIndex(deps.wakes, time),
    alarms: slowAlarms(deps.alarms, time),
  });
  let longestRunMs = 0;
  let rearmed = 0;

  const run = async (): Promise<void> => {
    counts.lambda.guard += 1;
    const startedAtMs = time.nowMs();
    const report = await guard(createDeadline(time, TIMEOUT_MS - RESERVE_MS));
    rearmed += report.rearmed;
    longestRunMs = Math.max(longestRunMs, time.nowMs() - startedAtMs);
  };
  const runHourly = (atMs: number) => {
    time.at(atMs, () => {
      runHourly(atMs + HOUR_MS);
      void run();
    });
  };

  return {
    start: runHourly,
    get longestRunMs() {
      return longestRunMs;
    },
    get rearmed() {
      return rearmed;
    },
  };
}

function slowStore(store: ConnectionStore, time: VirtualTime): ConnectionStore {
  return {
    ...store,
    async read(connectionId) {
      await time.sleep(CALL_MS.read);
      return store.read(connectionId);
    },
    async amend(amendment) {
      await time.sleep(CALL_MS.write);
      return store.amend(amendment);
    },
  };
}

function slowIndex(index: WakeIndex, time: VirtualTime): WakeIndex {
  return {
    shardCount: index.shardCount,
    async overdue(query) {
      await time.sleep(CALL_MS.query);
      return index.overdue(query);
    },
  };
}

function slowAlarms(alarms: AlarmClock, time: VirtualTime): AlarmClock {
  return {
    async arm(alarm) {
      await time.sleep(CALL_MS.schedule);
      await alarms.arm(alarm);
    },
  };
}
