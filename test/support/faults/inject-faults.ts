/** One call of a port: `connections.amend`'s third call is `{ method: 'amend', number: 3 }`; nested ports read `pending.read`. */
export interface PortCall {
  readonly method: string;
  /** Counts calls of this method, from 1. */
  readonly number: number;
  readonly args: readonly unknown[];
}

export type Fault =
  /** The call fails and nothing was done. */
  | { readonly kind: 'throw-before'; readonly when: CallPredicate; readonly error: () => unknown }
  /** The call was done and its answer is lost. */
  | { readonly kind: 'throw-after'; readonly when: CallPredicate; readonly error: () => unknown }
  /** Something happens before the call is done (`before`) or before its answer arrives (`after`). */
  | { readonly kind: 'delay'; readonly when: CallPredicate; readonly before?: Wait; readonly after?: Wait };

export type CallPredicate = (call: PortCall) => boolean;
export type Wait = (call: PortCall) => Promise<void> | void;

/** Methods of the ports that answer at once and so throw instead of rejecting. */
const SYNCHRONOUS = new Set([
  'nowMs',
  'monotonicMs',
  'clockSkewMs',
  'bytes',
  'seal',
  'info',
  'warn',
  'error',
  'measure',
]);

/** The same port with faults in its calls. `calls` collects every call, faulty or not. */
export function injectFaults<Port extends object>(
  port: Port,
  faults: readonly Fault[],
  calls: PortCall[] = [],
): Port {
  return wrapped(port, '', faults, calls);
}

/** Chooses call number `number` of a method. */
export function onCall(method: string, number: number): CallPredicate {
  return (call) => call.method === method && call.number === number;
}

/** Chooses every call of these methods; all calls when none is named. */
export function onEvery(...methods: readonly string[]): CallPredicate {
  return (call) => methods.length === 0 || methods.includes(call.method);
}

function wrapped<T extends object>(
  target: T,
  prefix: string,
  faults: readonly Fault[],
  calls: PortCall[],
): T {
  return new Proxy(target, {
    get(port, name) {
      const value: unknown = Reflect.get(port, name);
      if (typeof name === 'symbol') return value;
      const method = prefix + name;
      if (typeof value === 'function') {
        return (...args: unknown[]) =>
          faulty(method, args, () => Reflect.apply(value, port, args), faults, calls);
      }
      return isPlainObject(value) ? wrapped(value, `${method}.`, faults, calls) : value;
    },
  });
}

function faulty(
  method: string,
  args: readonly unknown[],
  run: () => unknown,
  faults: readonly Fault[],
  calls: PortCall[],
): unknown {
  const call = { method, number: calls.filter((earlier) => earlier.method === method).length + 1, args };
  calls.push(call);
  const hits = faults.filter((fault) => fault.when(call));
  if (hits.length === 0) return run();
  return SYNCHRONOUS.has(method) ? faultyNow(hits, run) : faultyLater(call, hits, run);
}

function faultyNow(hits: readonly Fault[], run: () => unknown): unknown {
  throwIfTold('throw-before', hits);
  const result = run();
  throwIfTold('throw-after', hits);
  return result;
}

async function faultyLater(call: PortCall, hits: readonly Fault[], run: () => unknown): Promise<unknown> {
  for (const hit of hits) if (hit.kind === 'delay') await hit.before?.(call);
  throwIfTold('throw-before', hits);
  const result = await run();
  for (const hit of hits) if (hit.kind === 'delay') await hit.after?.(call);
  throwIfTold('throw-after', hits);
  return result;
}

function throwIfTold(kind: 'throw-before' | 'throw-after', hits: readonly Fault[]): void {
  for (const hit of hits) if (hit.kind === kind) throw hit.error();
}

function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
