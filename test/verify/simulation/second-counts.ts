import { DAY_MS, HOUR_MS, SECOND_MS } from '../../../functions/core/durations.ts';

/** What happened in each second of a run, added up over all vaults of a fleet: threads write into the same columns. */
export interface FleetSeconds {
  readonly posts: SecondCounts;
  readonly runs: SecondCounts;
  /** Runs that began, less those that had ended by the second before. */
  readonly runsUnderWay: SecondCounts;
}

/** Can be sent to a thread, which then shares it. */
export interface SecondCounts {
  readonly startMs: number;
  readonly column: Int16Array;
}

const HOUR_SECONDS = HOUR_MS / SECOND_MS;

export function createFleetSeconds(startMs: number, days: number): FleetSeconds {
  const column = (): SecondCounts => {
    const seconds = Math.ceil((days * DAY_MS) / SECOND_MS) + 1;
    const buffer = new SharedArrayBuffer(seconds * Int16Array.BYTES_PER_ELEMENT);
    return { startMs, column: new Int16Array(buffer) };
  };
  return { posts: column(), runs: column(), runsUnderWay: column() };
}

export function addToSecond({ startMs, column }: SecondCounts, atMs: number, amount: 1 | -1 = 1): void {
  const second = Math.floor((atMs - startMs) / SECOND_MS);
  if (second < column.length) Atomics.add(column, second, amount);
}

/** The busiest second of each hour. */
export function peaksByHour({ column }: SecondCounts): readonly number[] {
  return Array.from({ length: Math.ceil((column.length - 1) / HOUR_SECONDS) }, (_, hour) =>
    column.subarray(hour * HOUR_SECONDS, (hour + 1) * HOUR_SECONDS).reduce(greater, 0),
  );
}

/** The most that were under way in one second, out of those that began less those that ended. */
export function mostAtOnce({ column }: SecondCounts): number {
  let underWay = 0;
  let most = 0;
  for (const change of column) {
    underWay += change;
    most = Math.max(most, underWay);
  }
  return most;
}

const greater = (one: number, other: number): number => Math.max(one, other);
