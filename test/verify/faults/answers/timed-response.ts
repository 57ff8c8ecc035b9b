import type { ManualClock } from '../../../support/fakes/manual-clock.ts';
import type { WireAnswer, WireCall } from '../wire/aws-wire.ts';
import type { AnswerFault, Arrival } from './answer-faults.ts';

/** One request on its way, and what is to be seen of its response. */
export interface TimedRequest {
  readonly call: WireCall;
  readonly fault: Pick<AnswerFault, 'actsAfterMs' | 'arrivalOf'>;
  readonly signal: AbortSignal | undefined;
  /** All bytes of the body that have arrived so far. */
  readonly onBytes: (received: string) => void;
  /** However it ends, also by the client's will. */
  readonly onEnd: () => void;
}

const FROM_A_GATEWAY: WireAnswer = { status: 503, headers: {}, body: new Uint8Array() };

/** IMS acts when it does, and its response arrives as planned, or not: as `fetch` reports it. */
export function respond(line: TimedLine, request: TimedRequest): Promise<Response> {
  const { call, fault, signal, onEnd } = request;
  const { actsAfterMs, arrivalOf } = fault;
  return new Promise((resolve, reject) => {
    const fail = (reason: unknown) => {
      onEnd();
      reject(reason);
    };
    signal?.addEventListener('abort', () => fail(signal.reason), { once: true });
    const answer = (whole: WireAnswer) => {
      const arrival = arrivalOf(whole);
      const { head, headAfterMs } = arrival;
      const sinceActed = (afterMs: number) => afterMs - (actsAfterMs ?? 0);
      line.atIms(sinceActed(headAfterMs), () => {
        if (!head) return fail(new TypeError('fetch failed', { cause: brokenOff() }));
        const sinceHead = (afterMs: number) => afterMs - headAfterMs;
        resolve(new Response(streamOf(line, arrival, sinceHead, request), head));
      });
    };
    if (actsAfterMs === undefined) answer(FROM_A_GATEWAY);
    else line.atIms(actsAfterMs, () => void call.send().then(answer, fail));
  });
}

function streamOf(
  line: TimedLine,
  { pieces, end, endAfterMs }: Arrival,
  delay: (afterMs: number) => number,
  { signal, onBytes, onEnd }: TimedRequest,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let isOpen = true;
  let received = '';
  const close = () => {
    isOpen = false;
    onEnd();
  };
  return new ReadableStream({
    start(controller) {
      const whileOpen = (act: () => void) => () => {
        if (isOpen) act();
      };
      const fail = (reason: unknown) =>
        whileOpen(() => {
          close();
          controller.error(reason);
        });
      const finish = whileOpen(() => {
        close();
        controller.close();
      });
      const arrive = (bytes: Uint8Array) =>
        whileOpen(() => {
          controller.enqueue(new Uint8Array(bytes));
          received += Buffer.from(bytes).toString('latin1');
          onBytes(received);
        });
      for (const { afterMs, bytes } of pieces) line.atIms(delay(afterMs), arrive(bytes));
      signal?.addEventListener('abort', () => fail(signal.reason)(), { once: true });
      if (end === 'closed') line.atIms(delay(endAfterMs), finish);
      if (end === 'reset')
        line.atIms(delay(endAfterMs), fail(new TypeError('terminated', { cause: brokenOff() })));
    },
    cancel: close,
  });
}

function brokenOff(): Error {
  return Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' });
}

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
