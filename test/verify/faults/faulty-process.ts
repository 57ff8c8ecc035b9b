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
import type { Facts } from './aftermath.ts';
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
  /** Two posts of one refresh token were under way at once. */
  readonly postsCrossed?: boolean;
  /** Rules that only the process itself can have seen broken. */
  readonly complaints?: (facts: Facts) => readonly string[];
  end<Result>(work: () => Promise<Result>): Promise<ProcessEnd<Result>>;
}

export interface FaultyProcessOptions {
  readonly clock: ManualClock;
  /** The function's own timeout: at the first call after it the process is gone. */
  readonly timeoutMs: number;
  readonly planned?: PlannedFault;
  /** What goes wrong around the whole process, besides the planned fault. */
  readonly outage?: Weather;
}

/** Ends the process: what it awaits never comes. */
export type Kill = () => Promise<never>;

const SLOW_MS = 40_000;
/** IMS is sent tokens, and the attempt is opened out of the browser's own cookie. */
export const MAY_HEAR_SECRETS = /^(ims|attempts)\./;

/** One run of a function. Once it is dead none of its calls is sent and none is ever answered: its memory is gone. */
export function createFaultyProcess(options: FaultyProcessOptions): FaultyProcess {
  const { clock, timeoutMs, planned, outage = () => undefined } = options;
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

  const strike = async (kind: FaultKind, call: WatchedCall): Promise<unknown> => {
    if (kind === 'stop') return die();
    if (kind === 'fail') return unreachableAnswer(call.name);
    if (kind === 'late') {
      state.late = call.send;
      return die();
    }
    const answer = await call.send();
    if (kind === 'stop-after') return die();
    if (kind === 'twice') return call.send();
    if (kind === 'reply-lost') return lostAnswer(call.name);
    clock.advance(timeoutMsOf(call) ?? SLOW_MS);
    return isImsToken(call.name) ? { kind: 'unknown', reason: 'timeout' } : answer;
  };

  const answer = async (call: WatchedCall): Promise<unknown> => {
    if (state.dead || isKilled()) return die();
    const number = (counts.get(call.name) ?? 0) + 1;
    counts.set(call.name, number);
    const point = `${call.name}#${number}`;
    points.push(point);
    if (!MAY_HEAR_SECRETS.test(point)) said.push(textWithBytes(call.args));
    const isPlanned = planned?.point === point;
    if (isPlanned) state.struck = true;
    const kind = isPlanned ? planned.kind : outage(point);
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
    through: (name, port) => watchPort(name, port, answer),
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
