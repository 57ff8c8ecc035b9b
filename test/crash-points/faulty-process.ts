import { PlatformFault, type PlatformFaultCode } from '../../functions/core/domain/platform-fault.ts';
import type { ManualClock } from '../support/fakes/manual-clock.ts';
import type { FaultKind } from './fault-kinds.ts';

export interface PlannedFault {
  /** Such as `connections.amend#2`: the second amendment of this process. */
  readonly point: string;
  readonly kind: FaultKind;
}

export type Weather = (point: string) => FaultKind | undefined;

export type ProcessEnd<Result> =
  | { readonly end: 'returned'; readonly result: Result }
  | { readonly end: 'threw'; readonly fault: unknown }
  | { readonly end: 'died' };

export interface FaultyProcess {
  /** The port as this process sees it; every call of it is a point. */
  through<Port extends object>(name: string, port: Port): Port;
  /** Every call of the process, in order. */
  readonly points: readonly string[];
  /** Whether the planned fault was met. */
  readonly struck: boolean;
  /** What the process told anybody but IMS, and its own browser: arguments of its calls, as text. */
  readonly said: readonly string[];
  /** A request that is still on its way when the process is gone. */
  readonly late: (() => Promise<unknown>) | undefined;
  end<Result>(work: () => Promise<Result>): Promise<ProcessEnd<Result>>;
}

export interface FaultyProcessOptions {
  readonly clock: ManualClock;
  /** The function's own timeout: at the first call after it the process is gone. */
  readonly timeoutMs: number;
  readonly planned?: PlannedFault;
  /** What goes wrong around the whole process, besides the planned fault. */
  readonly weather?: Weather;
}

/** Ends the process: what it awaits never comes. */
export type Kill = () => Promise<never>;

const SLOW_MS = 40_000;
/** Methods that answer at once: no process can be cut off in them. */
const SYNCHRONOUS = new Set(['nowMs', 'monotonicMs', 'clockSkewMs', 'readResponse']);
/** IMS is sent tokens, and the attempt is opened out of the browser's own cookie. */
const MAY_HEAR_SECRETS = /^(ims|attempts)\./;
const CODES: Readonly<Record<string, PlatformFaultCode>> = {
  opener: 'KEY_UNAVAILABLE',
  sealer: 'KEY_UNAVAILABLE',
  clientSecret: 'SECRET_UNAVAILABLE',
  alarms: 'SCHEDULER_UNAVAILABLE',
  parking: 'SCHEDULER_UNAVAILABLE',
  events: 'EVENTS_UNAVAILABLE',
  rotator: 'ROTATOR_UNAVAILABLE',
};

/** One run of a function. Once it is dead none of its calls is sent and none is ever answered: its memory is gone. */
export function createFaultyProcess(options: FaultyProcessOptions): FaultyProcess {
  const { clock, timeoutMs, planned, weather = () => undefined } = options;
  const startedAt = clock.monotonicMs();
  const counts = new Map<string, number>();
  const points: string[] = [];
  const said: string[] = [];
  const state: { dead: boolean; struck: boolean; late?: () => Promise<unknown> } = {
    dead: false,
    struck: false,
  };
  let announceDeath: () => void = () => undefined;
  const death = new Promise<void>((resolve) => {
    announceDeath = resolve;
  });
  const die = (): Promise<never> => {
    state.dead = true;
    announceDeath();
    return new Promise<never>(() => undefined);
  };
  const isKilled = () => clock.monotonicMs() - startedAt >= timeoutMs;

  const strike = async (kind: FaultKind, call: Call): Promise<unknown> => {
    if (kind === 'stop') return die();
    if (kind === 'fail') return failedAnswer(call);
    if (kind === 'late') {
      state.late = call.send;
      return die();
    }
    const answer = await call.send();
    if (kind === 'stop-after') return die();
    if (kind === 'twice') return call.send();
    if (kind === 'reply-lost') return lostAnswer(call);
    clock.advance(call.listenMs ?? SLOW_MS);
    return call.isImsToken ? { kind: 'unknown', reason: 'silence' } : answer;
  };

  const answer = async (call: Call): Promise<unknown> => {
    if (state.dead || isKilled()) return die();
    const number = (counts.get(call.name) ?? 0) + 1;
    counts.set(call.name, number);
    const point = `${call.name}#${number}`;
    points.push(point);
    if (!MAY_HEAR_SECRETS.test(point)) said.push(call.text());
    const isPlanned = planned?.point === point;
    if (isPlanned) state.struck = true;
    const kind = isPlanned ? planned.kind : weather(point);
    return alive(kind ? await strike(kind, call) : await call.send());
  };
  const alive = <T>(value: T): T | Promise<never> => (state.dead || isKilled() ? die() : value);

  return {
    points,
    said,
    get struck() {
      return state.struck;
    },
    get late() {
      return state.late;
    },
    through: (name, port) => watched(name, port, answer),
    async end(work) {
      const finished = work().then(
        (result) => ({ end: 'returned', result }) as const,
        (fault: unknown) => ({ end: 'threw', fault }) as const,
      );
      const ended = await Promise.race([finished, death.then(() => ({ end: 'died' }) as const)]);
      // Requests that were under way beside the one that ended it still arrive.
      await new Promise<void>((resolve) => setImmediate(resolve));
      return ended;
    },
  };
}

interface Call {
  readonly name: string;
  readonly send: () => Promise<unknown>;
  /** Its arguments. */
  readonly text: () => string;
  /** IMS's port never throws: its faults are answers. */
  readonly isIms: boolean;
  readonly isImsToken: boolean;
  readonly listenMs: number | undefined;
}

function watched<Port extends object>(
  name: string,
  port: Port,
  answer: (call: Call) => Promise<unknown>,
): Port {
  return new Proxy(port, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof key === 'symbol' || SYNCHRONOUS.has(key)) return value;
      const method = `${name}.${key}`;
      if (typeof value === 'function') {
        return (...args: unknown[]) =>
          answer(callOf(method, args, async () => Reflect.apply(value, target, args)));
      }
      return isPlainObject(value) ? watched(method, value, answer) : value;
    },
  });
}

function callOf(name: string, args: readonly unknown[], send: () => Promise<unknown>): Call {
  const [first] = args;
  const listens =
    typeof first === 'object' && first !== null && 'listenMs' in first ? first.listenMs : undefined;
  return {
    name,
    send,
    text: () => textOf(args),
    isIms: name.startsWith('ims.'),
    isImsToken: name === 'ims.refresh' || name === 'ims.exchangeCode',
    listenMs: typeof listens === 'number' ? listens : undefined,
  };
}

function failedAnswer(call: Call): unknown {
  if (call.isImsToken) return { kind: 'unknown', reason: 'unreachable' };
  if (call.isIms) return { kind: 'retry' };
  throw faultOf(call.name);
}

function lostAnswer(call: Call): unknown {
  if (call.isImsToken) return { kind: 'unknown', reason: 'reset' };
  return failedAnswer(call);
}

function faultOf(name: string): PlatformFault {
  const [port = ''] = name.split('.');
  const code = CODES[port] ?? 'STORE_UNAVAILABLE';
  return new PlatformFault(code, 'Injected by a test.', { reason: 'TimeoutError' });
}

function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** Bytes as they are: a token in clear must not hide behind their numbers. */
function textOf(args: readonly unknown[]): string {
  return JSON.stringify(args, (_, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
  );
}
