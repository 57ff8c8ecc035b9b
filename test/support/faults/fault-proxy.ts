import { PlatformError, type PlatformErrorCode } from '../../../functions/core/platform-error.ts';

/** Methods of ports that answer at once: they throw instead of rejecting, and no process ends within one. */
const SYNCHRONOUS = new Set([
  'nowMs',
  'monotonicMs',
  'clockSkewMs',
  'readResponse',
  'bytes',
  'seal',
  'info',
  'warn',
  'error',
  'measure',
]);

/** What a port throws when what is behind it cannot be reached; a store, unless it is named here. */
const CODES: Readonly<Record<string, PlatformErrorCode>> = {
  opener: 'KEY_UNAVAILABLE',
  sealer: 'KEY_UNAVAILABLE',
  clientSecret: 'SECRET_UNAVAILABLE',
  schedules: 'SCHEDULER_UNAVAILABLE',
  parking: 'SCHEDULER_UNAVAILABLE',
  events: 'EVENTS_UNAVAILABLE',
  rotator: 'ROTATOR_UNAVAILABLE',
};

/** One call of a port on its way. */
export interface WatchedCall {
  /** `connections.update`, or `consents.pending.read` of a port within a port; without the port's name if it has none. */
  readonly name: string;
  readonly args: readonly unknown[];
  readonly send: () => Promise<unknown>;
}

/** What `injectFaults` chooses calls by: `update`, or `pending.read` of a port within a port. */
export interface PortCall {
  readonly method: string;
  /** Counts the calls of this method, from 1. */
  readonly number: number;
  readonly args: readonly unknown[];
}

export type Fault =
  /** The call fails without an effect. */
  | { readonly kind: 'throw-before'; readonly when: CallPredicate; readonly error: () => unknown }
  /** The call was done and its answer is lost. */
  | { readonly kind: 'throw-after'; readonly when: CallPredicate; readonly error: () => unknown }
  /** Something happens before the call is done (`before`) or before its answer arrives (`after`). */
  | { readonly kind: 'delay'; readonly when: CallPredicate; readonly before?: Wait; readonly after?: Wait };

export type CallPredicate = (call: PortCall) => boolean;
export type Wait = (call: PortCall) => Promise<void> | void;

/** Runs a method that answers at once. */
type AnswerNow = (call: Omit<WatchedCall, 'send'>, run: () => unknown) => unknown;

/** The same port, where `answer` decides what becomes of each call. Methods that answer at once pass unless `answerNow` is given. */
export function watchPort<Port extends object>(
  name: string,
  port: Port,
  answer: (call: WatchedCall) => Promise<unknown>,
  answerNow?: AnswerNow,
): Port {
  return new Proxy(port, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      const passes = typeof key === 'symbol' || (SYNCHRONOUS.has(key) && !answerNow);
      if (passes) return value;
      const path = name === '' ? key : `${name}.${key}`;
      if (typeof value !== 'function')
        return isPlainObject(value) ? watchPort(path, value, answer, answerNow) : value;
      return (...args: unknown[]) => {
        const call = { name: path, args };
        const run = () => Reflect.apply(value, target, args);
        return answerNow && SYNCHRONOUS.has(key)
          ? answerNow(call, run)
          : answer({ ...call, send: async () => run() });
      };
    },
  });
}

/** The same port with faults in its calls. `calls` collects every call, faulty or not. */
export function injectFaults<Port extends object>(
  port: Port,
  faults: readonly Fault[],
  calls: PortCall[] = [],
): Port {
  const meet = ({ name: method, args }: Omit<WatchedCall, 'send'>) => {
    const call = { method, number: calls.filter((earlier) => earlier.method === method).length + 1, args };
    calls.push(call);
    return { call, hits: faults.filter((fault) => fault.when(call)) };
  };
  const later = async ({ send, ...made }: WatchedCall): Promise<unknown> => {
    const { call, hits } = meet(made);
    for (const hit of hits) if (hit.kind === 'delay') await hit.before?.(call);
    throwIfHit('throw-before', hits);
    const answer = await send();
    for (const hit of hits) if (hit.kind === 'delay') await hit.after?.(call);
    throwIfHit('throw-after', hits);
    return answer;
  };
  const now: AnswerNow = (made, run) => {
    const { hits } = meet(made);
    throwIfHit('throw-before', hits);
    const answer = run();
    throwIfHit('throw-after', hits);
    return answer;
  };
  return watchPort('', port, later, now);
}

/** Chooses call number `number` of a method. */
export function onCall(method: string, number: number): CallPredicate {
  return (call) => call.method === method && call.number === number;
}

/** Chooses every call of these methods; all calls when none is named. */
export function onEvery(...methods: readonly string[]): CallPredicate {
  return (call) => methods.length === 0 || methods.includes(call.method);
}

/** The service cannot be reached: the call has no effect. */
export function unreachable(code: PlatformErrorCode, when: CallPredicate): Fault {
  return { kind: 'throw-before', when, error: () => injected(code) };
}

/** The outside thing did it, and the reply never arrived. */
export function replyLost(code: PlatformErrorCode, when: CallPredicate): Fault {
  return { kind: 'throw-after', when, error: () => injected(code) };
}

/** What a call meets whose port cannot be reached. IMS's port never throws: its faults are answers. */
export function unreachableAnswer(name: string): unknown {
  if (isImsToken(name)) return { kind: 'unknown', reason: 'unreachable' };
  const [port = ''] = name.split('.');
  if (port === 'ims') return { kind: 'retry' };
  throw injected(CODES[port] ?? 'STORE_UNAVAILABLE');
}

/** What a call meets that was done and whose answer is lost. */
export function lostAnswer(name: string): unknown {
  return isImsToken(name) ? { kind: 'unknown', reason: 'reset' } : unreachableAnswer(name);
}

/** How long a call waits for the answer of IMS; `undefined` for other calls. */
export function timeoutMsOf(call: WatchedCall): number | undefined {
  const timeoutMs = argumentOf(call, 'timeoutMs');
  return typeof timeoutMs === 'number' ? timeoutMs : undefined;
}

/** A field of the object that a call was given first. */
export function argumentOf({ args: [first] }: WatchedCall, field: string): unknown {
  return typeof first === 'object' && first !== null ? Reflect.get(first, field) : undefined;
}

/** A call that IMS answers with tokens, or not. */
export function isImsToken(name: string): boolean {
  return name === 'ims.refresh' || name === 'ims.exchangeCode';
}

function throwIfHit(kind: 'throw-before' | 'throw-after', hits: readonly Fault[]): void {
  for (const hit of hits) if (hit.kind === kind) throw hit.error();
}

function injected(code: PlatformErrorCode): PlatformError {
  return new PlatformError(code, 'Injected by a test.', { reason: 'TimeoutError' });
}

function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
