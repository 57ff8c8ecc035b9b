const WORKED = 0;
const TICKED_AT = 1;
const CELLS = 2;
const TICK_MS = 10;
/** More than this between two ticks was not the stack's time: the machine did something else, or the loop was busy. */
const LONGEST_TICK_MS = 25;
const SLICE_MS = 50;

function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Real time without the time in which the stand-ins could not have answered. */
export interface WorkingTime {
  /** Shared with every function worker. */
  readonly cells: SharedArrayBuffer;
  nowMs(): number;
  tick(): void;
}

export function createWorkingTime(nowMs = monotonicMs): WorkingTime {
  const cells = new SharedArrayBuffer(CELLS * Float64Array.BYTES_PER_ELEMENT);
  const values = new Float64Array(cells);
  values[TICKED_AT] = nowMs();
  return {
    cells,
    nowMs: readWorkingTime(cells, nowMs),
    tick: () => {
      const tickedAtMs = nowMs();
      values[WORKED] =
        (values[WORKED] ?? 0) + Math.min(tickedAtMs - (values[TICKED_AT] ?? 0), LONGEST_TICK_MS);
      values[TICKED_AT] = tickedAtMs;
    },
  };
}

/** Reads the shared cells; never runs backwards. */
export function readWorkingTime(cells: SharedArrayBuffer, nowMs = monotonicMs): () => number {
  const values = new Float64Array(cells);
  let latestMs = 0;
  return () => {
    const sinceTickMs = Math.min(nowMs() - (values[TICKED_AT] ?? 0), LONGEST_TICK_MS);
    latestMs = Math.max(latestMs, (values[WORKED] ?? 0) + sinceTickMs);
    return latestMs;
  };
}

let ofThisProcess: WorkingTime | undefined;

/** The stand-ins of a process share its event loop, and so their working time. */
export function workingTime(): WorkingTime {
  if (ofThisProcess === undefined) {
    ofThisProcess = createWorkingTime();
    setInterval(ofThisProcess.tick, TICK_MS).unref();
  }
  return ofThisProcess;
}

/**
 * A timer for deadlines: it counts turns of its own event loop and the working time, whichever is later. On an idle machine
 * that is the real time; on a busy one nothing times out because its answer had to wait for the processor.
 */
export function patientTimeout(
  callback: () => void,
  delayMs: number,
  { nowMs, setTimer = setTimeout }: { nowMs: () => number; setTimer?: typeof setTimeout },
): NodeJS.Timeout {
  const slices = Math.max(1, Math.ceil(delayMs / SLICE_MS));
  const dueAtMs = nowMs() + delayMs - TICK_MS;
  let fired = 0;
  const timer = setTimer(() => {
    fired += 1;
    if (fired < slices || nowMs() < dueAtMs) timer.refresh();
    else callback();
  }, delayMs / slices);
  return timer;
}
