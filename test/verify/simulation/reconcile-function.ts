import { createDeadline } from '../../../functions/core/deadline.ts';
import type { ConnectionStore, DueIndex } from '../../../functions/core/ports/connections.ts';
import type { RotationSchedules } from '../../../functions/core/ports/scheduling.ts';
import { createReconcile, type ReconcileDeps } from '../../../functions/core/reconcile/reconcile.ts';
import { HOUR_MS, SECOND_MS } from '../../../functions/core/time-units.ts';
import type { Counters } from './counters.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface ReconcileFunctionOptions {
  readonly deps: Omit<ReconcileDeps, 'clock'>;
  readonly time: VirtualTime;
  readonly counts: Counters;
}

export interface ReconcileFunction {
  /** Runs every hour from `firstAtMs` on. */
  start(firstAtMs: number): void;
  readonly longestRunMs: number;
  readonly rescheduled: number;
}

/** How long a call takes, as measured within a region: the number of calls decides how long a run lasts. */
const CALL_MS = { query: 8, read: 4, write: 7, schedule: 30 };
const TIMEOUT_MS = 300 * SECOND_MS;
const RESERVE_MS = SECOND_MS;

/** The function `reconciler`: the real use case, hour after hour, over ports that take their time. */
export function createReconcileFunction({ deps, time, counts }: ReconcileFunctionOptions): ReconcileFunction {
  const reconcile = createReconcile({
    ...deps,
    clock: time,
    connections: slowStore(deps.connections, time),
    dueIndex: slowIndex(deps.dueIndex, time),
    schedules: slowSchedules(deps.schedules, time),
  });
  let longestRunMs = 0;
  let rescheduled = 0;

  const run = async (): Promise<void> => {
    counts.lambda.reconcile += 1;
    const startedAtMs = time.nowMs();
    const report = await reconcile(createDeadline(time, TIMEOUT_MS - RESERVE_MS));
    rescheduled += report.rescheduled;
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
    get rescheduled() {
      return rescheduled;
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
    async update(update) {
      await time.sleep(CALL_MS.write);
      return store.update(update);
    },
  };
}

function slowIndex(index: DueIndex, time: VirtualTime): DueIndex {
  return {
    shardCount: index.shardCount,
    async overdue(query) {
      await time.sleep(CALL_MS.query);
      return index.overdue(query);
    },
  };
}

function slowSchedules(schedules: RotationSchedules, time: VirtualTime): RotationSchedules {
  return {
    async create(schedule) {
      await time.sleep(CALL_MS.schedule);
      await schedules.create(schedule);
    },
  };
}
