import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Activity } from '../stack/activity.ts';
import { LocalStackError } from '../stack/local-stack-error.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** Something that becomes due on the stack's clock: schedules, retries of asynchronous invocations. */
export interface DueSource {
  nextDueAtMs(): number | undefined;
  /** The same without what recurs. Absent where nothing does. */
  nextOneTimeDueAtMs?(): number | undefined;
  fireDue(nowMs: number): Promise<void>;
}

interface AdvanceOptions {
  /** Called after each stop with the stack's time. */
  onTick?(nowMs: number): void | Promise<void>;
  signal?: AbortSignal;
  /**
   * Recurring schedules need not be met more often than this: occurrences that a jump skips count as one. What happens
   * once is always met. Long times pass faster so.
   */
  recurringEveryMs?: number;
}

export interface TimeMachine {
  /** Moves the clock to a moment, stopping at everything that is due on the way and waiting for what it starts. */
  advance(toMs: number, options?: AdvanceOptions): Promise<void>;
  advanceBy(durationMs: number, options?: AdvanceOptions): Promise<void>;
  /** Fires what is due now, once; the stack does so by itself while its clock just ticks. */
  fireDue(): Promise<void>;
  whenIdle(): Promise<void>;
}

export interface TimeMachineDeps {
  clock: VirtualClock;
  sources: DueSource[];
  activity: Activity;
  /** Calls at the AWS endpoint that do not come from a running function. */
  callsInFlight(): number;
}

// Firing that leaves its source due at the same moment would never let the clock pass.
const MAX_FIRINGS_AT_ONE_MOMENT = 1_000;

export function createTimeMachine(deps: TimeMachineDeps): TimeMachine {
  const { clock, sources, activity } = deps;
  let advancing = false;
  /** What recurs was last met then, in this or an earlier advance. */
  let lastStopAtMs = clock.nowMs();

  const nextDueAtMs = (): number =>
    Math.min(...sources.map((source) => source.nextDueAtMs() ?? Number.POSITIVE_INFINITY));

  const nextOneTimeDueAtMs = (): number =>
    Math.min(
      ...sources.map(
        (source) => (source.nextOneTimeDueAtMs ?? source.nextDueAtMs)() ?? Number.POSITIVE_INFINITY,
      ),
    );

  const nextStopAtMs = (recurringEveryMs: number): number =>
    Math.min(nextOneTimeDueAtMs(), Math.max(nextDueAtMs(), lastStopAtMs + recurringEveryMs, clock.nowMs()));

  const whenIdle = async (): Promise<void> => {
    do {
      await activity.whenIdle();
      if (deps.callsInFlight() > 0) await nextTurn();
    } while (activity.inFlight() > 0 || deps.callsInFlight() > 0);
  };

  // Sources take what is due off their lists before they wait for anything, so firing twice fires nothing twice.
  const fireAll = async (): Promise<void> => {
    await Promise.all(sources.map((source) => source.fireDue(clock.nowMs())));
  };

  const stopAt = async (dueAtMs: number): Promise<void> => {
    clock.advanceTo(dueAtMs);
    lastStopAtMs = clock.nowMs();
    for (let firings = 0; nextDueAtMs() <= clock.nowMs(); firings += 1) {
      if (firings > MAX_FIRINGS_AT_ONE_MOMENT) {
        throw new LocalStackError(
          'CLOCK_STUCK',
          `Something stays due at ${new Date(dueAtMs).toISOString()}.`,
        );
      }
      await fireAll();
      await whenIdle();
    }
  };

  const advance = async (
    toMs: number,
    { onTick, signal, recurringEveryMs = 0 }: AdvanceOptions = {},
  ): Promise<void> => {
    if (advancing) throw new LocalStackError('CLOCK_STUCK', 'The clock is already being moved.');
    advancing = true;
    try {
      await whenIdle();
      for (
        let stopAtMs = nextStopAtMs(recurringEveryMs);
        stopAtMs <= toMs;
        stopAtMs = nextStopAtMs(recurringEveryMs)
      ) {
        signal?.throwIfAborted();
        await stopAt(stopAtMs);
        await onTick?.(clock.nowMs());
      }
      clock.advanceTo(toMs);
      await onTick?.(clock.nowMs());
    } finally {
      advancing = false;
    }
  };

  return {
    advance,
    advanceBy: (durationMs, options) => advance(clock.nowMs() + durationMs, options),
    fireDue: async () => {
      if (!advancing && nextDueAtMs() <= clock.nowMs()) await fireAll();
    },
    whenIdle,
  };
}
