import type { Ims, ReceivedTokens, TokenAnswer } from '../../../functions/core/ports/ims.ts';
import { Secret } from '../../../functions/core/secret.ts';
import { MINUTE_MS, SECOND_MS } from '../../../functions/core/time-units.ts';
import type { Adobe, GrantKind, Renewal } from './adobe.ts';
import type { AdobeConditions, Condition } from './adobe-conditions.ts';
import type { Chance } from './chance.ts';
import type { Counters, RateMeter } from './counters.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface AdobeLineOptions {
  readonly adobe: Adobe;
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly conditions: AdobeConditions;
  readonly counts: Counters['ims'];
  /** Notes every post of a refresh token. */
  readonly posts: RateMeter;
  /** More posts than this in one second are answered 429. */
  readonly limitPerSecond: number;
  /** The share of answers that are lost in normal conditions. */
  readonly lostShare: number;
  readonly kindOf: (user: number) => GrantKind;
  /** What Adobe answers instead of looking into its books. */
  readonly answerOverride?: AnswerOverride;
}

/** A fixed answer to some posts, for example to all of one user's grant. Absent: Adobe decides. */
export type AnswerOverride = (
  post: RefreshPost,
) => Exclude<TokenAnswer, { readonly kind: 'tokens' }> | undefined;

export interface RefreshPost {
  /** Absent: Adobe never issued this token. */
  readonly user?: number;
  readonly narrowed: boolean;
  readonly nowMs: number;
}

export interface AdobeLine {
  /** @param onSuccessor called for each successor that is on its way to the caller */
  imsFor(onSuccessor?: (grant: number, successor: number) => void): Ims;
}

export const SCOPES: readonly string[] = ['openid', 'offline_access'];
const ACCESS_LIFE_SECONDS = 86_399;
const SLOW_ANSWER_MS = 10 * SECOND_MS;
const LOSSY_SHARE = 0.5;
/** The share of lost answers for which the connection breaks. For the others nothing arrives at all. */
const RESET_SHARE = 0.5;

/** What lies between the vault and Adobe: latency, rate limits and disturbances. */
export function createAdobeLine(options: AdobeLineOptions): AdobeLine {
  const { adobe, time, chance, conditions, counts, posts } = options;

  const latencyMs = (condition: Condition): number =>
    condition === 'slow' ? chance.between(0.95, 1.05) * SLOW_ANSWER_MS : chance.between(120, 700);

  /** Down: mostly quick errors, sometimes no answer. Nothing reaches Adobe's books. */
  const outageAnswer = async (timeoutMs: number): Promise<TokenAnswer> => {
    if (chance.happens(0.05)) {
      await time.sleep(timeoutMs);
      return { kind: 'unknown', reason: 'timeout' };
    }
    await time.sleep(chance.between(50, 3_000));
    return { kind: 'unknown', reason: chance.happens(0.5) ? 'server-error' : 'unreachable' };
  };

  const limited = async (): Promise<TokenAnswer> => {
    counts.rateLimited += 1;
    await time.sleep(50);
    return { kind: 'wait', retryAfterMs: Math.round(chance.between(10, 60)) * SECOND_MS };
  };

  const lost = async (timeoutMs: number, afterMs: number): Promise<TokenAnswer> => {
    const reset = chance.happens(RESET_SHARE);
    await time.sleep(reset ? afterMs : timeoutMs);
    return { kind: 'unknown', reason: reset ? 'reset' : 'timeout' };
  };

  const overrideFor = (token: string, narrowed: boolean) => {
    const grant = adobe.grantOf(token);
    const user = grant < 0 ? {} : { user: adobe.userOf(grant) };
    return options.answerOverride?.({ ...user, narrowed, nowMs: time.nowMs() });
  };

  const answer = (renewal: Renewal | 'refused', user?: number): TokenAnswer =>
    renewal === 'refused'
      ? { kind: 'refused', error: 'invalid_grant' }
      : { kind: 'tokens', tokens: receivedFrom(renewal, user) };

  return {
    imsFor: (onSuccessor) => ({
      async refresh({ refreshToken, scopes, timeoutMs }) {
        counts.posts += 1;
        posts.note(time.nowMs());
        const condition = conditions.at(time.nowMs());
        if (condition === 'down') return outageAnswer(timeoutMs);
        if (posts.inThisSecond > options.limitPerSecond) return limited();
        const fixed = overrideFor(refreshToken.reveal(), scopes !== undefined);
        if (fixed) {
          const isSilent = fixed.kind === 'unknown' && fixed.reason === 'timeout';
          await time.sleep(isSilent ? timeoutMs : latencyMs(condition));
          return fixed;
        }
        const renewal = adobe.refresh(refreshToken.reveal());
        const isLost = chance.happens(condition === 'lossy' ? LOSSY_SHARE : options.lostShare);
        const afterMs = latencyMs(condition);
        if (isLost) {
          if (renewal !== 'refused' && renewal.successor !== undefined) {
            adobe.notDelivered(renewal.grant, renewal.successor);
          }
          return lost(timeoutMs, afterMs);
        }
        if (renewal !== 'refused' && renewal.successor !== undefined) {
          onSuccessor?.(renewal.grant, renewal.successor);
        }
        await time.sleep(afterMs);
        return answer(renewal);
      },

      async exchangeCode({ code, timeoutMs }) {
        counts.exchanges += 1;
        const condition = conditions.at(time.nowMs());
        if (condition === 'down') return outageAnswer(timeoutMs);
        const user = Number(code.reveal().slice(CODE_PREFIX.length));
        const afterMs = latencyMs(condition);
        if (condition === 'lossy' && chance.happens(LOSSY_SHARE)) return lost(timeoutMs, afterMs);
        await time.sleep(afterMs);
        return answer(adobe.consent(user, options.kindOf(user)), user);
      },

      async answersWithoutGrant({ timeoutMs }) {
        const condition = conditions.at(time.nowMs());
        const afterMs = latencyMs(condition);
        await time.sleep(Math.min(afterMs, timeoutMs));
        if (condition === 'down' || (condition === 'lossy' && chance.happens(LOSSY_SHARE))) return false;
        return afterMs < timeoutMs;
      },

      async revoke() {
        counts.revocations += 1;
        if (conditions.at(time.nowMs()) === 'down') return { kind: 'retry', retryAfterMs: MINUTE_MS };
        await time.sleep(latencyMs('normal'));
        return { kind: 'revoked' };
      },
    }),
  };
}

const CODE_PREFIX = 'code-';

export function codeOf(user: number): Secret {
  return new Secret(`${CODE_PREFIX}${user}`);
}
export function subjectOf(user: number): string {
  return `${user}@AdobeID`;
}
export function userOfSubject(subject: string): number {
  return Number.parseInt(subject, 10);
}

const NO_ANOMALIES: readonly string[] = [];

function receivedFrom(renewal: Renewal, user: number | undefined): ReceivedTokens {
  const { accessToken, refreshToken, readable, expiresAtMs } = renewal;
  return {
    accessToken: { token: new Secret(accessToken), expiresInSeconds: ACCESS_LIFE_SECONDS, scopes: SCOPES },
    ...(refreshToken !== undefined && { refreshToken: new Secret(refreshToken) }),
    ...(user !== undefined && { subject: subjectOf(user) }),
    hints: readable ? { rteaMs: expiresAtMs } : {},
    anomalies: NO_ANOMALIES,
  };
}
