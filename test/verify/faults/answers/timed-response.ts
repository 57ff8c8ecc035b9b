import type { WireAnswer, WireCall } from '../wire/aws-wire.ts';
import type { AnswerFault, Arrival } from './answer-faults.ts';
import type { TimedLine } from './timed-line.ts';

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

/** IMS acts when it does, and its response arrives as planned, or not: as `fetch` tells of it. */
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
    else line.atIms(actsAfterMs, () => void call.perform().then(answer, fail));
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

const brokenOff = (): Error => Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' });
