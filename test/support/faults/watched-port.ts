import { PlatformError, type PlatformErrorCode } from '../../../functions/core/platform-error.ts';

/** Methods that answer at once: no process can be cut off in them, and nobody comes in between. */
const SYNCHRONOUS = new Set(['nowMs', 'monotonicMs', 'clockSkewMs', 'readResponse']);

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

/** One call of a port: `connections.amend`, or `consents.pending.read` of a port within a port. */
export interface WatchedCall {
  readonly name: string;
  readonly args: readonly unknown[];
  readonly send: () => Promise<unknown>;
}

/** The port as somebody sees it who decides what becomes of each of its calls. */
export function watchPort<Port extends object>(
  name: string,
  port: Port,
  answer: (call: WatchedCall) => Promise<unknown>,
): Port {
  return new Proxy(port, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof key === 'symbol' || SYNCHRONOUS.has(key)) return value;
      const method = `${name}.${key}`;
      if (typeof value === 'function') {
        return (...args: unknown[]) =>
          answer({ name: method, args, send: async () => Reflect.apply(value, target, args) });
      }
      return isPlainObject(value) ? watchPort(method, value, answer) : value;
    },
  });
}

/** What a call meets whose port cannot be reached. IMS's port never throws: its faults are answers. */
export function unreachableAnswer(name: string): unknown {
  if (isImsToken(name)) return { kind: 'unknown', reason: 'unreachable' };
  const [port = ''] = name.split('.');
  if (port === 'ims') return { kind: 'retry' };
  throw new PlatformError(CODES[port] ?? 'STORE_UNAVAILABLE', 'Injected by a test.', {
    reason: 'TimeoutError',
  });
}

/** What a call meets that was done and whose answer is lost. */
export function lostAnswer(name: string): unknown {
  return isImsToken(name) ? { kind: 'unknown', reason: 'reset' } : unreachableAnswer(name);
}

/** How long a call to IMS listens for its answer; of others, undefined. */
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

function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
