import type { ManualClock } from '../../support/fakes/manual-clock.ts';
import {
  isImsToken,
  lostAnswer,
  timeoutMsOf,
  unreachableAnswer,
  type WatchedCall,
  watchPort,
} from '../../support/faults/fault-proxy.ts';
import { textWithBytes } from '../../support/text-with-bytes.ts';
import type { AnswerFaultKind } from './answers/answer-faults.ts';
import type { Facts } from './outcome-rules.ts';

/** What happens at one call of a port. */
const PORT_FAULT_KINDS = ['stop', 'stop-after', 'fail', 'reply-lost', 'twice', 'slow', 'late'] as const;

type PortFaultKind =
  /** The process crashes before the call is sent. */
  | 'stop'
  /** The call takes effect, and the process crashes before it sees the answer. */
  | 'stop-after'
  /** The call fails without an effect. */
  | 'fail'
  /** The call is done and its answer is lost. */
  | 'reply-lost'
  /** The first answer is lost on the way and the client library sends the call again: the second answer is seen. */
  | 'twice'
  /** The call is done and its answer takes so long that the hard kill is near; IMS's comes after the timeout. */
  | 'slow'
  /** The process crashes, and the request that it had sent is carried out hours later. */
  | 'late';

/** What happens to one request of an adapter, and to its client library's own retries of it. */
export type WireFaultKind =
  | 'stop'
  | 'stop-after'
  /** No connection is made, however often it is tried. */
  | 'unreachable'
  /** Every try is carried out, and no answer arrives. */
  | 'lost'
  /** The first answer is lost, and the client library asks again if it may. */
  | 'lost-once'
  | 'throttled'
  | 'denied'
  /** Carried out, and answered with a 5xx. */
  | 'failing'
  /** IMS: carried out, and no byte arrives before the timeout. */
  | 'silent'
  /** IMS: carried out, and half of the answer arrives. */
  | 'cut';

export type FaultKind = PortFaultKind | WireFaultKind | AnswerFaultKind;

export interface PlannedFault {
  /** Such as `connections.update#2`: the second update of this process. */
  readonly point: string;
  readonly kind: FaultKind;
}

/** What goes wrong around a whole process, besides its planned fault. */
export type Outage = (point: string) => FaultKind | undefined;

export type ProcessEnd<Result> =
  | { readonly end: 'returned'; readonly result: Result }
  | { readonly end: 'threw'; readonly fault: unknown }
  | { readonly end: 'died' };

/** One run of a function, as its ports and its starter see it. */
export interface PortProcess {
  /** The port as this process sees it; every call of it is a point. */
  through<Port extends object>(name: string, port: Port): Port;
  end<Result>(work: () => Promise<Result>): Promise<ProcessEnd<Result>>;
}

export interface FaultyProcess extends PortProcess {
  /** Every call of the process, in order. */
  readonly points: readonly string[];
  readonly metPlannedFault: boolean;
  /** What the process sent anywhere but to IMS and its own browser: arguments of its calls, as text. */
  readonly said: readonly string[];
  /** A request that is still on its way when the process is gone. */
  readonly late?: (() => Promise<unknown>) | undefined;
  /** Two posts of one refresh token were under way at once. */
  readonly postsCrossed?: boolean;
  /** Rules that only the process itself can have seen broken. */
  readonly complaints?: (facts: Facts) => readonly string[];
}

export interface FaultyProcessOptions {
  readonly clock: ManualClock;
  /** The function's own timeout: at the first call after it the process is gone. */
  readonly timeoutMs: number;
  readonly planned?: PlannedFault;
  readonly outage?: Outage;
}

/** Ends the process: what it awaits never comes. */
export type Kill = () => Promise<never>;

/** What becomes of a call. */
export interface CallFault<Call, Answer> {
  /** In place of the call, which has no effect. */
  readonly instead?: (call: Call, die: Kill) => Answer | Promise<Answer>;
  /** In place of the answer, after the call was done. */
  readonly after?: (call: Call, die: Kill, answer: Answer) => Answer | Promise<Answer>;
}

const SLOW_MS = 40_000;
/** IMS is sent tokens, and a transaction is opened out of the browser's own cookie. */
export const MAY_HEAR_SECRETS = /^(ims|transactions)\./;

/** Methods that only read: a lost or late answer leaves no effect. */
const READING = /\.(read|find|open|prepare|connectionIdsOf|overdue|readSession|sleep)#/;

/** The faults that can befall the call of a port at this point. */
export function portKindsAt(point: string): readonly FaultKind[] {
  if (point.startsWith('clock.')) return ['stop'];
  if (READING.test(point)) return ['stop', 'fail', 'slow'];
  // A post that IMS carries out hours after its sender died is beyond what any lease can promise; its client never repeats.
  return point.startsWith('ims.')
    ? PORT_FAULT_KINDS.filter((kind) => kind !== 'late' && kind !== 'twice')
    : PORT_FAULT_KINDS;
}

/** The life of one run of a function. Once it is over none of its calls is sent and none is answered: its memory is gone. */
export function startLife({ clock, timeoutMs }: Pick<FaultyProcessOptions, 'clock' | 'timeoutMs'>) {
  const killedAtMs = clock.monotonicMs() + timeoutMs;
  let isDead = false;
  let announceDeath: () => void = () => undefined;
  const death = new Promise<void>((resolve) => {
    announceDeath = resolve;
  });
  const isOver = () => isDead || clock.monotonicMs() >= killedAtMs;
  const die: Kill = () => {
    isDead = true;
    announceDeath();
    return new Promise<never>(() => undefined);
  };
  return {
    isOver,
    die,
    /** The value, if the process still lives to see it. */
    alive: <T>(value: T): T | Promise<never> => (isOver() ? die() : value),
    get isDead() {
      return isDead;
    },
    end<Result>(work: () => Promise<Result>): Promise<ProcessEnd<Result>> {
      return Promise.race([endOf(work), death.then(() => ({ end: 'died' }) as const)]);
    },
  };
}

export function endOf<Result>(work: () => Promise<Result>): Promise<ProcessEnd<Result>> {
  return work().then(
    (result) => ({ end: 'returned', result }) as const,
    (fault: unknown) => ({ end: 'threw', fault }) as const,
  );
}

/** Numbers the calls of a process and says which fault each one meets. */
export function countPoints({
  planned,
  outage = () => undefined,
}: Pick<FaultyProcessOptions, 'planned' | 'outage'>) {
  const counts = new Map<string, number>();
  const points: string[] = [];
  let metPlannedFault = false;
  return {
    points,
    get metPlannedFault() {
      return metPlannedFault;
    },
    faultAt(name: string): FaultKind | undefined {
      const number = (counts.get(name) ?? 0) + 1;
      counts.set(name, number);
      const point = `${name}#${number}`;
      points.push(point);
      if (planned?.point !== point) return outage(point);
      metPlannedFault = true;
      return planned.kind;
    },
  };
}

/** Lets a call meet its fault. */
export async function meetFault<Answer, Call extends { readonly send: () => Promise<Answer> }>(
  call: Call,
  fault: CallFault<Call, Answer>,
  die: Kill,
): Promise<Answer> {
  if (fault.instead) return fault.instead(call, die);
  const answer = await call.send();
  return fault.after ? fault.after(call, die, answer) : answer;
}

/** One run of a function whose ports fail as planned. */
export function createFaultyProcess(options: FaultyProcessOptions): FaultyProcess {
  const { clock } = options;
  const life = startLife(options);
  const points = countPoints(options);
  const said: string[] = [];
  let late: (() => Promise<unknown>) | undefined;

  const faults: Readonly<Record<PortFaultKind, CallFault<WatchedCall, unknown>>> = {
    stop: { instead: (_, die) => die() },
    'stop-after': { after: (_, die) => die() },
    fail: { instead: ({ name }) => unreachableAnswer(name) },
    'reply-lost': { after: ({ name }) => lostAnswer(name) },
    twice: { after: ({ send }) => send() },
    slow: {
      after(call, _, answer) {
        clock.advance(timeoutMsOf(call) ?? SLOW_MS);
        return isImsToken(call.name) ? { kind: 'unknown', reason: 'timeout' } : answer;
      },
    },
    late: {
      instead({ send }, die) {
        late = send;
        return die();
      },
    },
  };

  const answer = async (call: WatchedCall): Promise<unknown> => {
    if (life.isOver()) return life.die();
    const kind = points.faultAt(call.name);
    if (!MAY_HEAR_SECRETS.test(call.name)) said.push(textWithBytes(call.args));
    // A call without a fault takes no step more than without this proxy: which of two concurrent calls ends first counts.
    return life.alive(
      kind ? await meetFault(call, faults[kind as PortFaultKind], life.die) : await call.send(),
    );
  };

  return {
    points: points.points,
    said,
    get metPlannedFault() {
      return points.metPlannedFault;
    },
    get late() {
      return late;
    },
    through: (name, port) => watchPort(name, port, answer),
    async end(work) {
      const ended = await life.end(work);
      // Requests that were under way next to the one that ended it still arrive.
      await new Promise<void>((resolve) => setImmediate(resolve));
      return ended;
    },
  };
}
