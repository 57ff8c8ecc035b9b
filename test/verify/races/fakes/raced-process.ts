import { setImmediate as nextMacrotask } from 'node:timers/promises';
import type { Scheduler } from 'fast-check';
import type { TokenAnswer } from '../../../../functions/core/ports/ims.ts';
import { Secret } from '../../../../functions/core/secret.ts';
import type { ManualClock } from '../../../support/fakes/manual-clock.ts';
import {
  argumentOf,
  isImsToken,
  lostAnswer,
  timeoutMsOf,
  unreachableAnswer,
  type WatchedCall,
  watchPort,
} from '../../../support/faults/fault-proxy.ts';
import { type PortProcess, startLife } from '../../faults/faulty-process.ts';
import type { PostWatch } from './race-history.ts';

export const RACE_FAULTS = ['stop', 'stop-after', 'in-flight', 'fail', 'reply-lost', 'timeout'] as const;

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
  /** IMS answers after the timeout; of other calls the answer is lost. */
  | 'timeout';

export interface RacedProcess extends PortProcess {
  readonly name: string;
  /** Every call of the process, in order. */
  readonly points: readonly string[];
  /** It was killed or crashed. */
  readonly isDead: boolean;
  /** Calls that KMS charges for. */
  readonly kmsCalls: number;
}

export interface RacedProcessOptions {
  readonly name: string;
  readonly clock: ManualClock;
  readonly turns: Turns;
  /** The function's own timeout: at the first call after it the process is gone. */
  readonly timeoutMs: number;
  /** The fault that the next call meets. */
  readonly faultAt: (call: string) => RaceFault | undefined;
  readonly posts: PostWatch;
}

/** A request that was sent arrives, or is lost, within this time; nothing of a process outlives its lease. */
const ARRIVES_MS = 5_000;

/**
 * One run of a function among others. Each call waits for its turn before it takes effect and before its answer is seen;
 * the effect itself is one step.
 */
export function createRacedProcess(options: RacedProcessOptions): RacedProcess {
  const { name, clock, turns, timeoutMs, faultAt, posts } = options;
  const life = startLife({ clock, timeoutMs });
  const { die, isOver } = life;
  const points: string[] = [];
  let kmsCalls = 0;
  const arrival = (call: WatchedCall) =>
    turns.take(`${name}: ${call.name}`, { atLatest: clock.monotonicMs() + ARRIVES_MS });

  const send = async (call: WatchedCall, fault: RaceFault | undefined): Promise<unknown> => {
    const token = postedToken(call);
    const timeoutMs = timeoutMsOf(call);
    const post = token === undefined ? undefined : posts.send(token, name, isOver);
    const sentAt = clock.monotonicMs();
    const arrived = arrival(call).then(async () => {
      const answer = await call.send();
      post?.answered(answer as TokenAnswer);
      return answer;
    });
    if (fault === 'in-flight') {
      arrived.catch(() => undefined);
      return die();
    }
    const answer = await arrived;
    if (isOver() || fault === 'stop-after') return die();
    if (fault === 'reply-lost') {
      post?.givenUp();
      return lostAnswer(call.name);
    }
    const listensUntil = sentAt + (timeoutMs ?? Number.POSITIVE_INFINITY);
    const late = fault === 'timeout' && isImsToken(call.name);
    await turns.take(`${name}: ${call.name} answers`, {
      ...(timeoutMs !== undefined && { atLatest: listensUntil }),
      ...(late && { notBefore: listensUntil }),
    });
    if (isOver()) return die();
    if (isImsToken(call.name) && clock.monotonicMs() >= listensUntil) {
      post?.givenUp();
      return { kind: 'unknown', reason: 'timeout' };
    }
    if (fault === 'timeout') return lostAnswer(call.name);
    post?.delivered();
    return answer;
  };

  const answer = async (call: WatchedCall): Promise<unknown> => {
    if (isOver()) return die();
    points.push(call.name);
    if (call.name.startsWith('opener.') || call.name.startsWith('sealer.')) kmsCalls += 1;
    const fault = faultAt(call.name);
    if (fault === 'stop') return die();
    if (call.name === 'clock.sleep') return sleep(Number(call.args[0]));
    if (fault === 'fail') {
      await turns.take(`${name}: ${call.name} fails`);
      return isOver() ? die() : unreachableAnswer(call.name);
    }
    return send(call, fault);
  };

  const sleep = async (sleepMs: number): Promise<void> => {
    await turns.take(`${name}: sleeps ${sleepMs} ms`, { notBefore: clock.monotonicMs() + sleepMs });
    if (isOver()) await die();
  };

  return {
    name,
    points,
    get isDead() {
      return life.isDead;
    },
    get kmsCalls() {
      return kmsCalls;
    },
    through: (portName, port) => watchPort(portName, port, answer),
    end: life.end,
  };
}

/** The refresh token that a call posts. */
function postedToken(call: WatchedCall): string | undefined {
  const token = call.name === 'ims.refresh' ? argumentOf(call, 'refreshToken') : undefined;
  return token instanceof Secret ? token.reveal() : undefined;
}

/** When a turn may come, on the monotonic clock. */
export interface TurnBounds {
  /** A turn that is given before its time makes the time pass. */
  readonly notBefore?: number;
  /** Time does not pass this moment before the turn was taken: a request is not under way forever. */
  readonly atLatest?: number;
  /** How often it lets others go first when it is picked: else long waits end most races before anything else does. */
  readonly yields?: number;
  /** The turn has become pointless: no time has to pass for it. */
  readonly isMoot?: () => boolean;
}

/** Decides the next step: everything that happens in a race waits for its turn. */
export interface Turns {
  take(what: string, bounds?: TurnBounds): Promise<void>;
  /** Hands out turns in the scheduler's order until none is awaited. */
  run(): Promise<void>;
}

interface Waiting extends TurnBounds {
  readonly begin: () => void;
}

/** More than any continuation needs to come to its next await of a port. */
const TICKS = 16;
const MOST_TURNS = 20_000;

export function createTurns(scheduler: Scheduler, clock: ManualClock): Turns {
  const waiting = new Set<Waiting>();
  let moving: Promise<void> = Promise.resolve();

  const begin = (one: Waiting) => {
    waiting.delete(one);
    one.begin();
  };

  const passTo = async (moment: number): Promise<void> => {
    for (;;) {
      const urgent = earliestUpTo(waiting, moment);
      if (!urgent) break;
      clock.advance(Math.max(0, (urgent.atLatest ?? 0) - clock.monotonicMs()));
      begin(urgent);
      await ticks();
    }
    clock.advance(Math.max(0, moment - clock.monotonicMs()));
  };

  const reach = async (one: Waiting): Promise<void> => {
    if (!waiting.has(one)) return;
    if (one.notBefore !== undefined && one.isMoot?.() !== true) await passTo(one.notBefore);
    if (waiting.has(one)) begin(one);
  };

  const queue = (one: Waiting, what: string, yields: number): void => {
    void scheduler.schedule(Promise.resolve(), what).then(() => {
      if (yields > 0 && waiting.size > 1 && one.isMoot?.() !== true) queue(one, what, yields - 1);
      else moving = reach(one);
    });
  };

  /** However many microtasks a process needs from one turn to its next: all of them come before the next macrotask. */
  const isSomethingWaiting = async (): Promise<boolean> => {
    if (scheduler.count() === 0) await nextMacrotask();
    return scheduler.count() > 0;
  };

  return {
    take(what, bounds = {}) {
      return new Promise<void>((resolve) => {
        const one = { ...bounds, begin: resolve };
        waiting.add(one);
        queue(one, what, bounds.yields ?? 0);
      });
    },
    async run() {
      await ticks();
      for (let turns = 0; await isSomethingWaiting(); turns += 1) {
        if (turns > MOST_TURNS) throw new Error('The race kind not end.');
        await scheduler.waitOne();
        // What was picked begins in a microtask of its own.
        await undefined;
        await moving;
        await ticks();
      }
    },
  };
}

function earliestUpTo(waiting: ReadonlySet<Waiting>, moment: number): Waiting | undefined {
  let first: Waiting | undefined;
  for (const one of waiting) {
    if (one.atLatest === undefined || one.atLatest > moment) continue;
    if (first?.atLatest === undefined || one.atLatest < first.atLatest) first = one;
  }
  return first;
}

async function ticks(): Promise<void> {
  for (let left = TICKS; left > 0; left -= 1) await undefined;
}
