import type { Clock } from '../../../functions/core/ports/platform.ts';

/** Something that happens at a given moment. Its place in the queue is fixed once it is in. */
export interface Happening {
  readonly atMs: number;
  happen(): void;
}

/**
 * Time that jumps from one happening to the next, and only when nothing is left to do at the present moment.
 * Happenings of one moment come in the order they were queued, so a run depends on nothing but its seed.
 */
export interface VirtualTime extends Clock {
  queue(happening: Happening): void;
  at(atMs: number, happen: () => void): void;
  /** Lets time pass until `untilMs`; rejects with what a happening threw. */
  passUntil(untilMs: number): Promise<void>;
}

/** The real event loop gets a turn now and then: messages between threads, garbage collection's callbacks. */
const TURNS_BETWEEN_YIELDS = 100_000;

export function createVirtualTime(startMs: number): VirtualTime {
  const queue = createHappeningQueue();
  let nowMs = startMs;

  const at = (atMs: number, happen: () => void) => queue.push({ atMs: Math.max(atMs, nowMs), happen });

  return {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: (durationMs) => new Promise((resolve) => at(nowMs + Math.max(0, durationMs), resolve)),
    at,
    queue: (happening) => queue.push(happening),
    passUntil: (untilMs) =>
      whenIdle(() => {
        const next = queue.popUntil(untilMs);
        // Clocks count whole milliseconds.
        nowMs = next === undefined ? untilMs : Math.max(nowMs, Math.round(next.atMs));
        next?.happen();
        return next !== undefined;
      }),
  };
}

/**
 * Takes turns until one says that it was the last. Between two turns every promise that can settle has settled: Node
 * empties the microtask queue before it looks for the next tick, and a turn is queued as a tick from within a microtask.
 */
function whenIdle(turn: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let turns = 0;
    const take = () => {
      try {
        if (!turn()) return resolve();
      } catch (error) {
        return reject(error);
      }
      turns += 1;
      void settled.then(again);
    };
    const again = () => {
      if (turns % TURNS_BETWEEN_YIELDS === 0) setImmediate(take);
      else process.nextTick(take);
    };
    void settled.then(again);
  });
}

/** Cheaper than `queueMicrotask`, which makes an asynchronous resource each time. */
const settled = Promise.resolve();

interface HappeningQueue {
  push(happening: Happening): void;
  popUntil(untilMs: number): Happening | undefined;
}

/** A binary heap; the order of arrival breaks ties. */
function createHappeningQueue(): HappeningQueue {
  const heap: Happening[] = [];
  // Kept apart from the happenings, so that comparing two of them touches neither.
  const times: number[] = [];
  const orders: number[] = [];
  let arrived = 0;

  const isBefore = (atMs: number, order: number, place: number): boolean => {
    const other = times[place] ?? Number.POSITIVE_INFINITY;
    return atMs < other || (atMs === other && order < (orders[place] ?? 0));
  };
  const put = (place: number, happening: Happening, atMs: number, order: number) => {
    heap[place] = happening;
    times[place] = atMs;
    orders[place] = order;
  };
  const rise = (happening: Happening, order: number) => {
    const { atMs } = happening;
    let place = heap.length;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(atMs, order, parent)) break;
      put(place, above, times[parent] ?? 0, orders[parent] ?? 0);
      place = parent;
    }
    put(place, happening, atMs, order);
  };
  const sink = (happening: Happening, atMs: number, order: number) => {
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      const right = times[child + 1];
      if (right !== undefined && isBefore(right, orders[child + 1] ?? 0, child)) child += 1;
      const below = heap[child];
      if (below === undefined || isBefore(atMs, order, child)) break;
      put(place, below, times[child] ?? 0, orders[child] ?? 0);
      place = child;
    }
    put(place, happening, atMs, order);
  };

  return {
    push(happening) {
      arrived += 1;
      rise(happening, arrived);
    },
    popUntil(untilMs) {
      const first = heap[0];
      const firstAtMs = times[0];
      if (first === undefined || firstAtMs === undefined || firstAtMs > untilMs) return undefined;
      const last = heap.pop();
      const atMs = times.pop() ?? 0;
      const order = orders.pop() ?? 0;
      if (last !== undefined && heap.length > 0) sink(last, atMs, order);
      return first;
    },
  };
}
