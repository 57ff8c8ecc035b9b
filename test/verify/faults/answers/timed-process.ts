import { REPOST_AFTER_MS } from '../../../../functions/core/rotation/time-budget.ts';
import type { FakeIms } from '../../../support/fakes/fake-ims.ts';
import type { ManualClock } from '../../../support/fakes/manual-clock.ts';
import { watchPort } from '../../../support/faults/fault-proxy.ts';
import { textWithBytes } from '../../../support/text-with-bytes.ts';
import {
  countPoints,
  endOf,
  type FaultKind,
  type FaultyProcess,
  type FaultyProcessOptions,
  MAY_HEAR_SECRETS,
  startLife,
} from '../faulty-process.ts';
import type { Facts } from '../outcome-rules.ts';
import { type CarryToIms, type ImsPost, responseOf } from '../wire/ims-wire.ts';
import { ANSWER_FAULTS, type AnswerFault, type AnswerFaultKind, atOnce } from './answer-faults.ts';
import { createTimedLine, respond, type TimedLine, type TimedRequest } from './timed-response.ts';

/** Whom requests to IMS meet while a process runs. */
export interface ImsLine {
  carry?: CarryToIms | undefined;
}

interface SentPost {
  /** The refresh token or the code. */
  readonly credential: string;
  readonly isCode: boolean;
  readonly atMs: number;
}

/** Sealing and storing what arrives takes its time: of a later answer nothing can be asked. */
const ANSWERED_BY_MS = { refresh: 44_000, code: 14_000 };
const WELL: TimedRequest['fault'] = {
  actsAfterMs: 0,
  arrivalOf: ({ status, headers, body }) => atOnce(status, headers, body, 'closed'),
};

/** One run of a function in virtual time, whose responses of IMS arrive as planned. Nothing else fails. */
export function createTimedProcess(
  options: FaultyProcessOptions,
  ims: FakeIms,
  exchange: ImsLine,
): FaultyProcess {
  const { clock, timeoutMs } = options;
  const startedAt = clock.monotonicMs();
  const line = createTimedLine(clock);
  const life = startLife(options);
  const points = countPoints(options);
  const said: string[] = [];
  const posts: SentPost[] = [];
  const arrived = new Set<string>();
  const unanswered = new Set<SentPost>();
  let postsCrossed = false;

  const carry: CarryToIms = async (call, post) => {
    if (life.isDead) return life.die();
    if (call.name !== 'IMS.token') return responseOf(await call.send());
    const sent = sentPost(post, clock);
    postsCrossed ||= [...unanswered].some(({ credential }) => credential === sent.credential);
    posts.push(sent);
    unanswered.add(sent);
    const kind = points.faultAt(call.name);
    const isInTime = () =>
      clock.monotonicMs() - startedAt <= (sent.isCode ? ANSWERED_BY_MS.code : ANSWERED_BY_MS.refresh);
    const fault = kind === undefined ? WELL : faultNamed(kind);
    return respond(line, {
      call,
      fault,
      signal: post.signal,
      onBytes(received) {
        const token = wholeRefreshToken(received);
        if (token !== undefined && isInTime() && ims.ledger.isLive(token)) arrived.add(token);
      },
      onEnd: () => void unanswered.delete(sent),
    });
  };

  return {
    points: points.points,
    said,
    get metPlannedFault() {
      return points.metPlannedFault;
    },
    through(name, port) {
      if (name === 'ims') return port;
      if (name === 'clock') return { ...port, sleep: sleepOn(line) };
      return watchPort(name, port, async (call) => {
        if (!MAY_HEAR_SECRETS.test(call.name)) said.push(textWithBytes(call.args));
        return life.isDead ? life.die() : call.send();
      });
    },
    get postsCrossed() {
      return postsCrossed;
    },
    complaints: (facts) => [...complaintsOfPosts(posts), ...complaintsOfArrivals(arrived, facts)],
    async end(work) {
      let isOver = false;
      exchange.carry = carry;
      const restore = timeLimitsOn(line);
      try {
        const finished = endOf(work);
        void finished.then(() => {
          isOver = true;
        });
        await line.run(() => isOver, startedAt + timeoutMs);
        void life.die();
        await line.settle();
        return isOver ? await finished : { end: 'died' };
      } finally {
        exchange.carry = undefined;
        restore();
      }
    },
  };
}

function sentPost({ fields }: ImsPost, clock: ManualClock): SentPost {
  const isCode = fields.get('grant_type') === 'authorization_code';
  const credential = fields.get(isCode ? 'code' : 'refresh_token') ?? '';
  return { credential, isCode, atMs: clock.monotonicMs() };
}

function faultNamed(kind: FaultKind): AnswerFault {
  const fault = ANSWER_FAULTS.get(kind as AnswerFaultKind);
  if (!fault) throw new TypeError(`No response meets the fault ${kind}.`);
  return fault;
}

function sleepOn(line: TimedLine) {
  return (durationMs: number) => new Promise<void>((resolve) => line.at(durationMs, resolve));
}

/** The only clock that no port hides. */
function timeLimitsOn(line: TimedLine): () => void {
  const { timeout } = AbortSignal;
  AbortSignal.timeout = (durationMs) => {
    const limit = new AbortController();
    const reason = new DOMException('The operation was aborted due to timeout', 'TimeoutError');
    line.at(durationMs, () => limit.abort(reason));
    return limit.signal;
  };
  return () => {
    AbortSignal.timeout = timeout;
  };
}

function wholeRefreshToken(received: string): string | undefined {
  return /"refresh_token":"([^"]+)"/.exec(received)?.[1];
}

/** One more post of a refresh token that may be used, not too soon; none of a code. */
function complaintsOfPosts(posts: readonly SentPost[]): readonly string[] {
  return posts.flatMap(({ credential, isCode, atMs }, at) => {
    const earlier = posts.slice(0, at).filter((post) => post.credential === credential);
    const [first] = earlier;
    if (first === undefined) return [];
    if (isCode) return ['a code that may be used was posted again'];
    if (earlier.length > 1) return ['a refresh token was posted a third time in one run'];
    return atMs - first.atMs < REPOST_AFTER_MS ? ['a refresh token was posted again too soon'] : [];
  });
}

function complaintsOfArrivals(
  arrived: ReadonlySet<string>,
  { grant, told, endedByOwnPost }: Facts,
): readonly string[] {
  if (arrived.size === 0 || endedByOwnPost) return [];
  return [
    ...(grant === 'lost' ? ['a grant was lost although its successor came in time'] : []),
    ...(told === 'adobe_unavailable' ? ['a consent was given up although its tokens came in time'] : []),
  ];
}
