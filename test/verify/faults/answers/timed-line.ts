import type { ManualClock } from '../../../support/fakes/manual-clock.ts';

/** Things that happen on their own while a process waits, in virtual time. */
export interface TimedLine {
  /** Later by `delayMs`; with an infinite delay, never. */
  at(delayMs: number, happen: () => void): void;
  /** The same for what IMS does and sends: it happens also when the process is gone. */
  atIms(delayMs: number, happen: () => void): void;
  /** Lets time pass from one event to the next until `isOver`, or until `endsAtMs` of the monotonic clock. */
  run(isOver: () => boolean, endsAtMs: number): Promise<void>;
  /** What IMS has begun it does, also when the process that asked is gone, and too early perhaps. */
  settle(): Promise<void>;
}

interface TimedEvent {
  readonly atMs: number;
  readonly happen: () => void;
  readonly isOfIms: boolean;
}

/** The number of rounds in which everything may be quiet while the process still does what needs no time. */
const QUIET_ROUNDS = 50;

export function createTimedLine(clock: ManualClock): TimedLine {
  const events = new Set<TimedEvent>();
  const next = () => [...events].sort((one, other) => one.atMs - other.atMs)[0];
  const add = (delayMs: number, happen: () => void, isOfIms: boolean) => {
    if (!Number.isFinite(delayMs)) return;
    events.add({ atMs: clock.monotonicMs() + Math.max(0, delayMs), happen, isOfIms });
  };
  const happenNow = (event: TimedEvent) => {
    events.delete(event);
    clock.advance(Math.max(0, event.atMs - clock.monotonicMs()));
    event.happen();
  };

  return {
    at: (delayMs, happen) => add(delayMs, happen, false),
    atIms: (delayMs, happen) => add(delayMs, happen, true),
    async run(isOver, endsAtMs) {
      for (let quiet = 0; ; quiet += 1) {
        await everythingElse();
        const event = next();
        if (isOver()) return;
        if (quiet > QUIET_ROUNDS) throw new Error('The process waits for nothing.');
        if (event === undefined) continue;
        if (event.atMs >= endsAtMs) return clock.advance(Math.max(0, endsAtMs - clock.monotonicMs()));
        happenNow(event);
        quiet = 0;
      }
    },
    async settle() {
      for (const event of events) if (!event.isOfIms) events.delete(event);
      for (let event = next(); event !== undefined; event = next()) {
        happenNow(event);
        await everythingElse();
      }
    },
  };
}

/** All that needs no time: streams take several rounds. */
async function everythingElse(): Promise<void> {
  for (let round = 0; round < 2; round += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}
