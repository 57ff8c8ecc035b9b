import { REPOST_AFTER_MS } from '../../../../functions/core/rotation/time-budget.ts';
import type { FakeIms } from '../../../support/fakes/fake-ims.ts';
import type { ManualClock } from '../../../support/fakes/manual-clock.ts';
import { watchPort } from '../../../support/faults/fault-proxy.ts';
import { textWithBytes } from '../../../support/text-with-bytes.ts';
import type { Facts } from '../aftermath.ts';
import type { FaultKind } from '../fault-kinds.ts';
import { type FaultyProcess, type FaultyProcessOptions, MAY_HEAR_SECRETS } from '../faulty-process.ts';
import { type CarryToIms, type ImsPost, responseOf } from '../wire/ims-wire.ts';
import { ANSWER_FAULTS, type AnswerFault, type AnswerFaultKind, atOnce } from './answer-faults.ts';
import { createTimedLine, type TimedLine } from './timed-line.ts';
import { respond, type TimedRequest } from './timed-response.ts';

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
  const { clock, timeoutMs, planned, outage = () => undefined } = options;
  const startedAt = clock.monotonicMs();
  const line = createTimedLine(clock);
  const points: string[] = [];
  const said: string[] = [];
  const posts: SentPost[] = [];
  const arrived = new Set<string>();
  const unanswered = new Set<SentPost>();
  const life = { dead: false, struck: false, crossed: false };

  const faultAt = (point: string): FaultKind | undefined => {
    points.push(point);
    if (planned?.point !== point) return outage(point);
    life.struck = true;
    return planned.kind;
  };

  const carry: CarryToIms = async (call, post) => {
    if (life.dead) return new Promise<never>(() => undefined);
    if (call.name !== 'IMS.token') return responseOf(await call.perform());
    const sent = sentPost(post, clock);
    life.crossed ||= [...unanswered].some(({ credential }) => credential === sent.credential);
    posts.push(sent);
    unanswered.add(sent);
    const kind = faultAt(`IMS.token#${posts.length}`);
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
    points,
    said,
    late: undefined,
    get struck() {
      return life.struck;
    },
    through(name, port) {
      if (name === 'ims') return port;
      if (name === 'clock') return { ...port, sleep: sleepOn(line) };
      return watchPort(name, port, async (call) => {
        if (!MAY_HEAR_SECRETS.test(call.name)) said.push(textWithBytes(call.args));
        return life.dead ? new Promise<never>(() => undefined) : call.send();
      });
    },
    get postsCrossed() {
      return life.crossed;
    },
    complaints: (facts) => [...complaintsOfPosts(posts), ...complaintsOfArrivals(arrived, facts)],
    async end(work) {
      const end: { of?: Awaited<ReturnType<FaultyProcess['end']>> } = {};
      exchange.carry = carry;
      const restore = timeLimitsOn(line);
      try {
        const finished = work().then(
          (result) => ({ end: 'returned', result }) as const,
          (fault: unknown) => ({ end: 'threw', fault }) as const,
        );
        void finished.then((ended) => {
          end.of = ended;
        });
        await line.run(() => end.of !== undefined, startedAt + timeoutMs);
        life.dead = true;
        await line.settle();
        return end.of === undefined ? { end: 'died' } : await finished;
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

const sleepOn = (line: TimedLine) => (durationMs: number) =>
  new Promise<void>((resolve) => line.at(durationMs, resolve));

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

/** One more post of a refresh token that may be spent, not too soon; none of a code. */
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
