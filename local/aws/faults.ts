import type { AwsCall } from './aws-call.ts';

/** A fault to inject into one of the next calls. */
export interface Fault {
  service: string;
  /** Any operation of the service when absent. */
  operation?: string;
  /** Limits the fault to some calls, such as those about one key. */
  when?: (call: AwsCall) => boolean;
  /** Number of calls that it affects. Default 1. */
  times?: number;
  effect:
    | { kind: 'error'; code: string; message?: string; status?: number }
    /** The connection is cut before anything is done. */
    | { kind: 'drop' }
    /** The call is done, and the connection is cut instead of answering. */
    | { kind: 'loseReply' }
    /** Real milliseconds of waiting before the call is done; with `after`, between that and its answer. */
    | { kind: 'delay'; delayMs: number; after?: boolean }
    /** The answer's `Date` is off by that much. */
    | { kind: 'date'; offsetMs: number };
}

export interface Faults {
  next(fault: Fault): void;
  clear(): void;
  /** Faults that have not affected a call yet. */
  pending(): Fault[];
}

export function createFaults(): Faults & { take(call: AwsCall): Fault['effect'] | undefined } {
  let waiting: { fault: Fault; left: number }[] = [];
  const meets = (fault: Fault, call: AwsCall) =>
    fault.service === call.service &&
    (fault.operation === undefined || fault.operation === call.operation) &&
    (fault.when?.(call) ?? true);

  return {
    next: (fault) => void waiting.push({ fault, left: fault.times ?? 1 }),
    clear: () => {
      waiting = [];
    },
    pending: () => waiting.map((w) => w.fault),
    take(call) {
      const found = waiting.find((w) => meets(w.fault, call));
      if (!found) return undefined;
      found.left -= 1;
      if (found.left === 0) waiting = waiting.filter((w) => w !== found);
      return found.fault.effect;
    },
  };
}
