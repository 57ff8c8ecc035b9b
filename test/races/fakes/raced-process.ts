import { PlatformFault, type PlatformFaultCode } from '../../../functions/core/domain/platform-fault.ts';
import { Secret } from '../../../functions/core/domain/secret.ts';
import type { TokenAnswer } from '../../../functions/core/ports/ims.ts';
import type { FaultyProcess, ProcessEnd } from '../../crash-points/faulty-process.ts';
import type { ManualClock } from '../../support/fakes/manual-clock.ts';
import type { PostWatch } from './post-watch.ts';
import type { Turns } from './turns.ts';

export const RACE_FAULTS = ['stop', 'stop-after', 'in-flight', 'fail', 'reply-lost', 'silence'] as const;

export type RaceFault =
  /** The process dies before the call is sent. */
  | 'stop'
  /** The call is done, and the process dies before it sees the answer. */
  | 'stop-after'
  /** The process dies with the call under way: it is done a little later. */
  | 'in-flight'
  /** The call fails and nothing was done. */
  | 'fail'
  /** The call is done and its answer is lost. */
  | 'reply-lost'
  /** IMS answers when nobody listens any more; of other calls the answer is lost. */
  | 'silence';

export interface RacedProcess extends FaultyProcess {
  readonly name: string;
  /** It was killed or crashed. */
  readonly dead: boolean;
  /** Calls that KMS charges for. */
  readonly kmsCalls: number;
}

export interface RacedProcessOptions {
  readonly name: string;
  readonly clock: ManualClock;
  readonly turns: Turns;
  /** The function's own timeout: at the first call after it the process is gone. */
  readonly timeoutMs: number;
  /** What strikes the next call. */
  readonly strike: (call: string) => RaceFault | undefined;
  readonly posts: PostWatch;
}

/** A request that was sent arrives, or is lost, within this time; nothing of a process outlives its lease. */
const ARRIVES_MS = 5_000;
/** Methods that answer at once: no other process comes in between. */
const SYNCHRONOUS = new Set(['nowMs', 'monotonicMs', 'clockSkewMs', 'readResponse']);
const CODES: Readonly<Record<string, PlatformFaultCode>> = {
  opener: 'KEY_UNAVAILABLE',
  sealer: 'KEY_UNAVAILABLE',
  clientSecret: 'SECRET_UNAVAILABLE',
  alarms: 'SCHEDULER_UNAVAILABLE',
  parking: 'SCHEDULER_UNAVAILABLE',
  events: 'EVENTS_UNAVAILABLE',
  rotator: 'ROTATOR_UNAVAILABLE',
};

/**
 * One run of a function among others. Each call waits for its turn before it takes effect and before its answer is seen;
 * the effect itself is one step.
 */
export function createRacedProcess(options: RacedProcessOptions): RacedProcess {
  const { name, clock, turns, timeoutMs, strike, posts } = options;
  const killedAt = clock.monotonicMs() + timeoutMs;
  const points: string[] = [];
  const state = { dead: false, kmsCalls: 0 };
  let announceDeath: () => void = () => undefined;
  const death = new Promise<void>((resolve) => {
    announceDeath = resolve;
  });
  const die = (): Promise<never> => {
    state.dead = true;
    announceDeath();
    return new Promise<never>(() => undefined);
  };
  const isGone = () => state.dead || clock.monotonicMs() >= killedAt;
  const arrival = (call: Call) =>
    turns.take(`${name}: ${call.name}`, { atLatest: clock.monotonicMs() + ARRIVES_MS });

  const send = async (call: Call, fault: RaceFault | undefined): Promise<unknown> => {
    const post = call.token === undefined ? undefined : posts.send(call.token, name, isGone);
    const sentAt = clock.monotonicMs();
    const arrived = arrival(call).then(async () => {
      const answer = await call.effect();
      post?.answered(answer as TokenAnswer);
      return answer;
    });
    if (fault === 'in-flight') {
      arrived.catch(() => undefined);
      return die();
    }
    const answer = await arrived;
    if (isGone() || fault === 'stop-after') return die();
    if (fault === 'reply-lost') {
      post?.givenUp();
      return lostAnswer(call);
    }
    const listensUntil = sentAt + (call.listenMs ?? Number.POSITIVE_INFINITY);
    const late = fault === 'silence' && call.isImsToken;
    await turns.take(`${name}: ${call.name} answers`, {
      ...(call.listenMs !== undefined && { atLatest: listensUntil }),
      ...(late && { notBefore: listensUntil }),
    });
    if (isGone()) return die();
    if (call.isImsToken && clock.monotonicMs() >= listensUntil) {
      post?.givenUp();
      return { kind: 'unknown', reason: 'silence' };
    }
    if (fault === 'silence') return lostAnswer(call);
    post?.delivered();
    return answer;
  };

  const answer = async (call: Call): Promise<unknown> => {
    if (isGone()) return die();
    points.push(call.name);
    if (call.name.startsWith('opener.') || call.name.startsWith('sealer.')) state.kmsCalls += 1;
    const fault = strike(call.name);
    if (fault === 'stop') return die();
    if (call.name === 'clock.sleep') return sleep(call);
    if (fault === 'fail') {
      await turns.take(`${name}: ${call.name} fails`);
      return isGone() ? die() : failedAnswer(call);
    }
    return send(call, fault);
  };

  const sleep = async ({ sleepMs = 0 }: Call): Promise<void> => {
    await turns.take(`${name}: sleeps ${sleepMs} ms`, { notBefore: clock.monotonicMs() + sleepMs });
    if (isGone()) await die();
  };

  return {
    name,
    points,
    said: [],
    struck: false,
    late: undefined,
    get dead() {
      return state.dead;
    },
    get kmsCalls() {
      return state.kmsCalls;
    },
    through: (portName, port) => watched(portName, port, answer),
    end<Result>(work: () => Promise<Result>): Promise<ProcessEnd<Result>> {
      const finished = work().then(
        (result) => ({ end: 'returned', result }) as const,
        (fault: unknown) => ({ end: 'threw', fault }) as const,
      );
      return Promise.race([finished, death.then(() => ({ end: 'died' }) as const)]);
    },
  };
}

interface Call {
  readonly name: string;
  readonly effect: () => Promise<unknown>;
  readonly isImsToken: boolean;
  /** The refresh token that is posted. */
  readonly token: string | undefined;
  readonly listenMs: number | undefined;
  readonly sleepMs: number | undefined;
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

function callOf(name: string, args: readonly unknown[], effect: () => Promise<unknown>): Call {
  const [first] = args;
  return {
    name,
    effect,
    isImsToken: name === 'ims.refresh' || name === 'ims.exchangeCode',
    token: name === 'ims.refresh' ? revealed(fieldOf(first, 'refreshToken')) : undefined,
    listenMs: numberOf(fieldOf(first, 'listenMs')),
    sleepMs: numberOf(first),
  };
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, field) : undefined;
}

const numberOf = (value: unknown) => (typeof value === 'number' ? value : undefined);
const revealed = (value: unknown) => (value instanceof Secret ? value.reveal() : undefined);

function failedAnswer(call: Call): unknown {
  if (call.isImsToken) return { kind: 'unknown', reason: 'unreachable' };
  if (call.name.startsWith('ims.')) return { kind: 'retry' };
  const [port = ''] = call.name.split('.');
  throw new PlatformFault(CODES[port] ?? 'STORE_UNAVAILABLE', 'Injected by a test.', {
    reason: 'TimeoutError',
  });
}

function lostAnswer(call: Call): unknown {
  return call.isImsToken ? { kind: 'unknown', reason: 'reset' } : failedAnswer(call);
}

function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
