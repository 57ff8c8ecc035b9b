import { postWithEachSecret } from '../client-secrets.ts';
import type { Deadline } from '../deadline.ts';
import type { ClientSecrets, RefreshAnswer, TokenAnswer } from '../ports/ims.ts';
import type { Secret } from '../secret.ts';
import type { RotationDeps } from './run.ts';
import {
  LEFT_FOR_REPOST_MS,
  NEEDED_TO_KEEP_MS,
  NEEDED_TO_REPOST_MS,
  REPOST_AFTER_MS,
} from './time-budget.ts';

type RefreshDeps = Pick<RotationDeps, 'ims' | 'clock' | 'clientSecret' | 'telemetry'>;

export interface RefreshPost {
  readonly refreshToken: Secret;
  readonly clientSecrets: ClientSecrets;
  /** Narrower scopes; absent = everything granted. */
  readonly scopes?: readonly string[];
  /** Called before the same token is posted again. */
  readonly onLost: (answer: TokenAnswer) => Promise<void>;
}

/** What came of one refresh token's post, or of both. */
export interface Refreshed {
  readonly answer: TokenAnswer;
  /**
   * Set only when `answer` holds tokens: the other post of the same token, still unanswered. It may bring tokens too,
   * and never rejects.
   */
  readonly otherPost?: Promise<TokenAnswer>;
  /** An answer to the same token may have been lost before this one. */
  readonly afterLoss?: true;
}

/**
 * Posts the refresh token. A second post of the same token follows only when IMS may have used it and its answer did
 * not arrive: not sooner than 12 s after the first, and only if its answer could still be committed. A first post
 * without an answer stays open meanwhile. A refused client secret was not a use of the token: the other secrets are
 * tried.
 */
export async function postRefreshToken(
  deps: RefreshDeps,
  request: RefreshPost,
  deadline: Deadline,
): Promise<Refreshed> {
  const { answer: first, postedAt } = await postWithEverySecret(deps, request, deadline, 'first');
  if (!mayHaveBeenLost(first)) return { answer: first };
  await request.onLost(first);
  const late = first.late && (await Promise.race([first.late, undefined]));
  if (late && !mayHaveBeenLost(late)) return { answer: late };
  const pauseMs = Math.max(0, REPOST_AFTER_MS - (deps.clock.monotonicMs() - postedAt));
  if (deadline.remainingMs() - pauseMs < NEEDED_TO_REPOST_MS) return { answer: (await first.late) ?? first };
  deps.telemetry.warn('IMS did not answer. The same refresh token is posted a second time.');
  if (pauseMs > 0) await deps.clock.sleep(pauseMs);
  const second = postWithEverySecret(deps, request, deadline, 'second').then(({ answer }) => answer);
  return first.late ? settleBoth(first.late, second) : afterLoss(await second);
}

/** A 408 comes from a gateway: what IMS did with the request is not known. */
function mayHaveBeenLost(answer: TokenAnswer): boolean {
  if (answer.kind === 'unexpected') return answer.status === 408 && answer.error === undefined;
  return answer.kind === 'unknown' && answer.reason !== 'unreachable';
}

/**
 * Two posts of one token. Tokens from either count, whatever the other says: it may be refused because of the first.
 */
async function settleBoth(first: Promise<TokenAnswer>, second: Promise<TokenAnswer>): Promise<Refreshed> {
  const earlier = await Promise.race([
    first.then((answer) => ({ answer, otherPost: second })),
    second.then((answer) => ({ answer, otherPost: first })),
  ]);
  if (earlier.answer.kind === 'tokens') return earlier;
  return afterLoss(moreTelling(await first, await second));
}

/**
 * The first post may have used the token: an answer to the second that asks to wait must not make it count as unused.
 */
function afterLoss(answer: TokenAnswer): Refreshed {
  return { answer: answer.kind === 'wait' ? { ...answer, mayBeUsed: true } : answer, afterLoss: true };
}

/** The greater number tells more about the grant. */
const SAYS: Readonly<Record<TokenAnswer['kind'], number>> = {
  unknown: 0,
  unexpected: 1,
  wait: 2,
  misconfigured: 3,
  refused: 4,
  'user-action': 5,
  tokens: 6,
};

/** Of two answers of the same kind, the second. */
function moreTelling(first: TokenAnswer, second: TokenAnswer): TokenAnswer {
  return SAYS[first.kind] > SAYS[second.kind] ? first : second;
}

interface Posted {
  readonly answer: RefreshAnswer;
  /** On the monotonic clock. */
  readonly postedAt: number;
}

function postWithEverySecret(
  deps: RefreshDeps,
  request: RefreshPost,
  deadline: Deadline,
  which: 'first' | 'second',
): Promise<Posted> {
  return postWithEachSecret(deps.clientSecret, {
    clientSecrets: request.clientSecrets,
    post: (clientSecret) => post(deps, request, clientSecret, timeoutsOf(deadline, which)),
    hasTime: () => deadline.remainingMs() >= NEEDED_TO_REPOST_MS,
  });
}

interface PostTimeouts {
  readonly timeoutMs: number;
  readonly keepOpenMs: number;
}

/**
 * The run waits as long as an answer could still be committed. A first post leaves time for a second one, if it can.
 */
function timeoutsOf(deadline: Deadline, which: 'first' | 'second'): PostTimeouts {
  const keepOpenMs = Math.max(0, deadline.remainingMs() - NEEDED_TO_KEEP_MS);
  const aloneMs = deadline.remainingMs() - LEFT_FOR_REPOST_MS;
  const leavesTime = which === 'first' && aloneMs >= REPOST_AFTER_MS;
  return { timeoutMs: leavesTime ? aloneMs : keepOpenMs, keepOpenMs };
}

async function post(
  deps: RefreshDeps,
  request: RefreshPost,
  clientSecret: Secret,
  time: PostTimeouts,
): Promise<Posted> {
  const { clock, ims, telemetry } = deps;
  const postedAt = clock.monotonicMs();
  const measure = <Answer>(answer: Answer): Answer => {
    telemetry.measure('RefreshLatency', clock.monotonicMs() - postedAt, 'Milliseconds');
    return answer;
  };
  const { refreshToken, scopes } = request;
  const answer = await ims.refresh({ refreshToken, clientSecret, ...time, ...(scopes && { scopes }) });
  return { answer: answer.late ? { ...answer, late: answer.late.then(measure) } : measure(answer), postedAt };
}
