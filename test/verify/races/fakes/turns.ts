import { setImmediate as nextMacrotask } from 'node:timers/promises';
import type { Scheduler } from 'fast-check';
import type { ManualClock } from '../../../support/fakes/manual-clock.ts';

/** When a turn may come, on the monotonic clock. */
export interface TurnBounds {
  /** Whoever gets a turn before its time makes the time pass. */
  readonly notBefore?: number;
  /** Time does not pass this moment before the turn was taken: a request is not under way forever. */
  readonly atLatest?: number;
  /** How often it lets others go first when it is picked: else long waits end most races before anything else does. */
  readonly yields?: number;
  /** Nobody waits for it any more: no time has to pass for it. */
  readonly isMoot?: () => boolean;
}

/** Who does the next step: everything that happens in a race waits for its turn. */
export interface Turns {
  take(what: string, bounds?: TurnBounds): Promise<void>;
  /** Hands out turns in the scheduler's order until nobody waits for one. */
  run(): Promise<void>;
}

interface Waiting extends TurnBounds {
  readonly begin: () => void;
}

/** More than any continuation needs to come to its next await of a port. */
const TICKS = 16;
const MOST_TURNS = 20_000;

export function createTurns(scheduler: Scheduler, clock: ManualClock): Turns {
  const waiting = new Set<Waiting>();
  let moving: Promise<void> = Promise.resolve();

  const begin = (one: Waiting) => {
    waiting.delete(one);
    one.begin();
  };

  const passTo = async (moment: number): Promise<void> => {
    for (;;) {
      const urgent = earliestUpTo(waiting, moment);
      if (!urgent) break;
      clock.advance(Math.max(0, (urgent.atLatest ?? 0) - clock.monotonicMs()));
      begin(urgent);
      await ticks();
    }
    clock.advance(Math.max(0, moment - clock.monotonicMs()));
  };

  const reach = async (one: Waiting): Promise<void> => {
    if (!waiting.has(one)) return;
    if (one.notBefore !== undefined && one.isMoot?.() !== true) await passTo(one.notBefore);
    if (waiting.has(one)) begin(one);
  };

  const queue = (one: Waiting, what: string, yields: number): void => {
    void scheduler.schedule(Promise.resolve(), what).then(() => {
      if (yields > 0 && waiting.size > 1 && one.isMoot?.() !== true) queue(one, what, yields - 1);
      else moving = reach(one);
    });
  };

  /** However many microtasks a process needs from one turn to its next: all of them come before the next macrotask. */
  const isSomethingWaiting = async (): Promise<boolean> => {
    if (scheduler.count() === 0) await nextMacrotask();
    return scheduler.count() > 0;
  };

  return {
    take(what, bounds = {}) {
      return new Promise<void>((resolve) => {
        const one = { ...bounds, begin: resolve };
        waiting.add(one);
        queue(one, what, bounds.yields ?? 0);
      });
    },
    async run() {
      await ticks();
      for (let turns = 0; await isSomethingWaiting(); turns += 1) {
        if (turns > MOST_TURNS) throw new Error('The race does not end.');
        await scheduler.waitOne();
        // What was picked begins in a microtask of its own.
        await undefined;
        await moving;
        await ticks();
      }
    },
  };
}

function earliestUpTo(waiting: ReadonlySet<Waiting>, moment: number): Waiting | undefined {
  let first: Waiting | undefined;
  for (const one of waiting) {
    if (one.atLatest === undefined || one.atLatest > moment) continue;
    if (first?.atLatest === undefined || one.atLatest < first.atLatest) first = one;
  }
  return first;
}

async function ticks(): Promise<void> {
  for (let left = TICKS; left > 0; left -= 1) await undefined;
}
