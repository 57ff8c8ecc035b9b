import { emptyAnswer, htmlAnswer, type ImsAnswer, jsonAnswer } from './answer.ts';
import type { CutFraming, ImsFault, MemberPlace, RetryAfter } from './faults.ts';

/** An answer and how it travels. */
export interface Delivery {
  readonly answer: ImsAnswer;
  readonly cut: 'no' | 'before-answer' | { readonly bytes: number; readonly framing: CutFraming };
  /** Absent = under a Content-Length. */
  readonly chunkBytes?: number;
  /** What the fault did to a successful answer: `delivered`, or the fault's kind if the client cannot read it. */
  readonly successorAnswer: string;
}

function plain(answer: ImsAnswer): Delivery {
  return {
    answer,
    cut: 'no',
    successorAnswer: 'delivered',
  };
}

const gatewayPage =
  '<!doctype html><html lang="en"><title>Bad gateway</title><h1>502 Bad gateway</h1></html>';

function rateLimited(retryAfter: RetryAfter | undefined, nowMs: number): ImsAnswer {
  const error = { error: 'too_many_requests' };
  if (retryAfter === undefined) return jsonAnswer(429, error);
  switch (retryAfter.as) {
    case 'seconds':
      return jsonAnswer(429, error, { 'retry-after': String(retryAfter.seconds) });
    case 'http-date':
      return jsonAnswer(429, error, {
        'retry-after': new Date(nowMs + retryAfter.seconds * 1_000).toUTCString(),
      });
    case 'body':
      return jsonAnswer(429, { ...error, retryAfter: retryAfter.seconds });
  }
}

/** Changes the JSON of a success; refusals pass unchanged, for there is nothing in them to spoil. */
function altered(answer: ImsAnswer, change: (body: Record<string, unknown>) => void): ImsAnswer {
  if (answer.status !== 200 || answer.body === '') return answer;
  const body: Record<string, unknown> = JSON.parse(answer.body);
  change(body);
  return { ...answer, body: JSON.stringify(body) };
}

function toMilliseconds(body: Record<string, unknown>): void {
  body.expires_in = Number(body.expires_in) * 1_000;
}

type CutWithinAnswer = Extract<ImsFault, { kind: 'cut-within-answer' }>;

/** Where in the JSON of a success; undefined where there is no such member. */
function bytesUntil(body: string, { place, member }: MemberPlace): number | undefined {
  const found = new RegExp(`"${member}"\\s*:\\s*("[^"]*"|[\\w.-]+)`).exec(body);
  if (found === null) return undefined;
  const [whole, value = ''] = found;
  const end = found.index + whole.length;
  const until = { before: found.index, in: end - Math.ceil(value.length / 2), after: end };
  return Buffer.byteLength(body.slice(0, until[place]));
}

/** A successor that is complete in the part that was sent counts as delivered. */
function cutWithin(
  answer: ImsAnswer,
  { kind, at, bytes = at && bytesUntil(answer.body, at), framing = 'length' }: CutWithinAnswer,
): Delivery {
  const body = Buffer.from(answer.body);
  const cut = { bytes: Math.min(bytes ?? Math.ceil(body.length / 2), body.length), framing };
  const isRead = /"refresh_token":"[^"]+"/.test(body.subarray(0, cut.bytes).toString());
  return { answer, cut, successorAnswer: isRead ? 'delivered' : kind };
}

function gatewayError({
  status,
  body = 'empty',
  retryAfterSeconds,
}: Extract<ImsFault, { kind: 'gateway-error' }>): ImsAnswer {
  const answers = {
    empty: emptyAnswer(status),
    html: htmlAnswer(status, gatewayPage),
    json: jsonAnswer(status, { error: 'upstream_failed' }),
  };
  const { headers, ...answer } = answers[body];
  const retryAfter = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  return { ...answer, headers: { ...headers, ...retryAfter } };
}

interface DeliveryDeps {
  readonly nowMs: number;
  /** Real time; ends early when `until` aborts. */
  readonly sleep: (delayMs: number, until?: AbortSignal) => Promise<void>;
  /** Aborts when the client hangs up. */
  readonly abandoned: AbortSignal;
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** `process` is called once, or not at all when the fault strikes before IMS looks at the request. */
export async function deliverWithFault(
  fault: ImsFault | undefined,
  process: () => ImsAnswer,
  { nowMs, sleep, abandoned }: DeliveryDeps,
): Promise<Delivery> {
  if (fault === undefined) return plain(process());
  const replacing = (answer: ImsAnswer, afterCommit: boolean | undefined): Delivery => {
    if (afterCommit === true) process();
    return { ...plain(answer), successorAnswer: fault.kind };
  };

  switch (fault.kind) {
    case 'rate-limited':
      return plain(rateLimited(fault.retryAfter, nowMs));
    case 'unavailable': {
      const { retryAfterSeconds } = fault;
      const headers =
        retryAfterSeconds === undefined ? undefined : { 'retry-after': String(retryAfterSeconds) };
      return replacing(emptyAnswer(503, headers), fault.afterCommit);
    }
    case 'empty-500':
      return replacing(emptyAnswer(500), fault.afterCommit);
    case 'html-body':
      return replacing(htmlAnswer(fault.status ?? 502, gatewayPage), fault.afterCommit);
    case 'gateway-error':
      return replacing(gatewayError(fault), fault.afterCommit);
    case 'error':
      return plain(jsonAnswer(fault.status, fault.body));
    case 'slow': {
      if (fault.before === true) await sleep(fault.delayMs);
      const answer = process();
      if (fault.before !== true) await sleep(fault.delayMs, abandoned);
      return plain(answer);
    }
    case 'held': {
      if (fault.before === true) await sleep(LONGEST_TIMER_MS, fault.until);
      const answer = process();
      if (fault.before !== true) await sleep(LONGEST_TIMER_MS, fault.until);
      return plain(answer);
    }
    case 'cut-before-processing':
      return { ...plain(emptyAnswer(500)), cut: 'before-answer' };
    case 'cut-after-commit':
      return { ...plain(process()), cut: 'before-answer', successorAnswer: fault.kind };
    case 'cut-within-answer':
      return cutWithin(process(), fault);
    case 'chunked':
      return { ...plain(process()), chunkBytes: fault.chunkBytes ?? 64 };
    case 'truncated-json': {
      const answer = process();
      const body = answer.body.slice(0, Math.floor(answer.body.length / 2));
      return { ...plain({ ...answer, body }), successorAnswer: fault.kind };
    }
    case 'oversized-body': {
      const padding = 'x'.repeat(fault.bytes ?? 80 * 1_024);
      const answer = altered(process(), (body) => Object.assign(body, { padding }));
      return { ...plain(answer), successorAnswer: fault.kind };
    }
    case 'no-access-token':
      return plain(altered(process(), (body) => delete body.access_token));
    case 'expires-in-null':
      return plain(altered(process(), (body) => Object.assign(body, { expires_in: null })));
    case 'no-token-type':
      return plain(altered(process(), (body) => delete body.token_type));
    case 'wrong-unit':
      return plain(altered(process(), toMilliseconds));
  }
}
