import type { Clock } from '../../functions/core/ports/clock.ts';

/** Something that happens at a moment. Its place in the queue is fixed once it is in. */
export interface Happening {
  readonly atMs: number;
  happen(): void;
}

/**
 * Time that jumps from one happening to the next, and only when nobody has anything left to do at the present one.
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
        nowMs = next === undefined ? untilMs : Math.max(nowMs, next.atMs);
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
      queueMicrotask(again);
    };
    const again = () => {
      if (turns % TURNS_BETWEEN_YIELDS === 0) setImmediate(take);
      else process.nextTick(take);
    };
    queueMicrotask(again);
  });
}

interface HappeningQueue {
  push(happening: Happening): void;
  popUntil(untilMs: number): Happening | undefined;
}

/** A binary heap; the order of arrival breaks ties. */
function createHappeningQueue(): HappeningQueue {
  const heap: Happening[] = [];
  const orders: number[] = [];
  let arrived = 0;

  const isBefore = (atMs: number, order: number, place: number): boolean => {
    const other = heap[place]?.atMs ?? Number.POSITIVE_INFINITY;
    return atMs < other || (atMs === other && order < (orders[place] ?? 0));
  };
  const put = (place: number, happening: Happening, order: number) => {
    heap[place] = happening;
    orders[place] = order;
  };
  const rise = (happening: Happening, order: number) => {
    let place = heap.length;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(happening.atMs, order, parent)) break;
      put(place, above, orders[parent] ?? 0);
      place = parent;
    }
    put(place, happening, order);
  };
  const sink = (happening: Happening, order: number) => {
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      const left = heap[child];
      if (left === undefined) break;
      const right = heap[child + 1];
      if (right !== undefined && isBefore(right.atMs, orders[child + 1] ?? 0, child)) child += 1;
      const below = heap[child];
      if (below === undefined || isBefore(happening.atMs, order, child)) break;
      put(place, below, orders[child] ?? 0);
      place = child;
    }
    put(place, happening, order);
  };

  return {
    push(happening) {
      arrived += 1;
      rise(happening, arrived);
    },
    popUntil(untilMs) {
      const first = heap[0];
      if (first === undefined || first.atMs > untilMs) return undefined;
      const last = heap.pop();
      const order = orders.pop();
      if (last !== undefined && order !== undefined && heap.length > 0) sink(last, order);
      return first;
    },
  };
}
