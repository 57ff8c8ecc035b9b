import type {
  Connection,
  ConnectionChanges,
  ConnectionEvent,
  ConnectionEventType,
  RefusalEvidence,
} from '../connection/connection.ts';
import { LONGEST_WAIT_MS } from '../connection/due.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../durations.ts';
import { fallbackRefused, isSealBroken, nextFallback, type PostedToken } from './refusals.ts';
import type { RotateOutcome } from './rotate-request.ts';

/** The first refusal and at least three more tries. */
const REFUSALS_NEEDED = 4;
const REFUSALS_NEEDED_AFTER_EXPIRY = 2;
const PAUSE_AFTER_EXPIRY_MS = 15 * MINUTE_MS;
const PATIENT_ABOVE_LIFE_MS = 48 * HOUR_MS;
const PATIENT_WINDOW_MS = DAY_MS;
const HASTY_WINDOW_MS = 6 * HOUR_MS;
const USER_ACTION_TRY_MS = 6 * HOUR_MS;
const USER_ACTION_VEND_MS = 5 * MINUTE_MS;
const UNEXPECTED_ANSWERS_ALLOWED = 5;
export const LONGEST_BACK_OFF_MS = HOUR_MS;

/** What a decision needs to know beside the answer. */
export interface DecisionContext {
  readonly connection: Connection;
  /** Which of the stored tokens was posted. */
  readonly posted: PostedToken;
  /** So many refusals elsewhere that this one proves nothing. */
  readonly refusalBurst: boolean;
  readonly nowMs: number;
  /** In [0, 1). */
  readonly jitter: number;
  readonly eventId: string;
}

export interface Decision {
  readonly changes: ConnectionChanges;
  readonly outcome: RotateOutcome;
}

/** IMS says the grant is dead (`access_denied`, `invalid_grant`). Believed only on repeated evidence; nothing is deleted. */
export function refusedDecision(context: DecisionContext): Decision {
  const { connection, nowMs } = context;
  if (connection.state === 'needs-reauthorization') return stillRefused(connection, nowMs);
  if (isSealBroken(connection) && context.posted !== 'refresh') {
    return fallbackRefused(connection, context.posted, nowMs);
  }
  const evidence = moreEvidence(context);
  const complete = isComplete(evidence, connection, nowMs) && !context.refusalBurst;
  if (complete && nextFallback(connection, evidence) === undefined) return reauthorization(context, evidence);
  const pauseMs = complete ? MINUTE_MS : pauseBetweenTries(connection, nowMs, context.jitter);
  const nextAttemptAtMs = Math.round(nowMs + pauseMs);
  return {
    changes: { state: 'suspect', evidence, nextAttemptAtMs, rotateAtMs: nextAttemptAtMs, failures: 0 },
    outcome: { outcome: 'suspect', retryAfterMs: pauseMs },
  };
}

/** Which stored token this attempt posts: the present one, or, once it has been refused often enough, a fallback for its one try. */
export function tokenToPost(connection: Connection, refusalBurst: boolean, nowMs: number): PostedToken {
  const { evidence } = connection;
  if (refusalBurst || !evidence || connection.state !== 'suspect') return 'refresh';
  if (!isComplete(evidence, connection, nowMs)) return 'refresh';
  return nextFallback(connection, evidence) ?? 'refresh';
}

/** `ride_*` and its like: the user must act at Adobe; the grant is alive. */
export function userActionDecision(
  context: DecisionContext,
  answer: { readonly error: string; readonly jumpUrl?: string },
): Decision {
  const { connection, nowMs } = context;
  const userAction = {
    error: answer.error,
    sinceMs: connection.userAction?.sinceMs ?? nowMs,
    ...(answer.jumpUrl !== undefined && { jumpUrl: answer.jumpUrl }),
  };
  const isNew = connection.state !== 'needs-user-action';
  return {
    changes: {
      state: 'needs-user-action',
      userAction,
      failures: 0,
      // After the expiry nothing but this moment tells the due time when to look again.
      nextAttemptAtMs: nowMs + (isExpired(connection, nowMs) ? USER_ACTION_TRY_MS : USER_ACTION_VEND_MS),
      rotateAtMs: nowMs + USER_ACTION_TRY_MS,
      ...(isNew && { newEvents: eventOf(context, 'User Action Required', { error: answer.error }) }),
    },
    outcome: {
      outcome: 'user-action-required',
      ...(answer.jumpUrl !== undefined && { jumpUrl: answer.jumpUrl }),
    },
  };
}

/** Nothing is known of what IMS did: keep everything, try again later (full jitter, never longer than 5 % of the life left). */
export function unknownDecision(context: DecisionContext): Decision {
  const { connection, nowMs, jitter } = context;
  const retryAfterMs = backOffMs(connection, nowMs, jitter);
  const nextAttemptAtMs = nowMs + retryAfterMs;
  // The token may be spent: while the old one may still be good, the next try must not wait until it is due.
  const rotateAtMs = Math.min(connection.rotateAtMs ?? nextAttemptAtMs, nextAttemptAtMs);
  return {
    changes: { failures: connection.failures + 1, nextAttemptAtMs, rotateAtMs },
    outcome: { outcome: 'unknown', retryAfterMs },
  };
}

/**
 * IMS asks to wait.
 * @param mayBeUsed the old token may be good for a while only, so the next try does not wait until it is due
 */
export function waitDecision(context: DecisionContext, askedMs: number, mayBeUsed = false): Decision {
  const lifeLeftMs = (context.connection.refreshExpiresAtMs ?? Number.MAX_SAFE_INTEGER) - context.nowMs;
  // As told, but never past the end of the token: there is one more try in time.
  const longestMs = lifeLeftMs > 0 ? Math.max(MINUTE_MS, lifeLeftMs / 2) : LONGEST_WAIT_MS;
  const retryAfterMs = Math.round(Math.min(Math.max(askedMs, 1_000), longestMs, LONGEST_WAIT_MS));
  const nextAttemptAtMs = context.nowMs + retryAfterMs;
  const rotateAtMs = Math.min(context.connection.rotateAtMs ?? nextAttemptAtMs, nextAttemptAtMs);
  return {
    changes: { nextAttemptAtMs, ...(mayBeUsed && { rotateAtMs }) },
    outcome: { outcome: 'waiting', reason: 'backoff', retryAfterMs },
  };
}

/** Our credential was refused for this connection alone, or a 4xx nobody knows kept coming: a fault of ours, not the user's. */
export function degradedDecision(context: DecisionContext, code: string): Decision {
  const { connection, nowMs } = context;
  const isNew = connection.degraded === undefined;
  return {
    changes: {
      ...unknownDecision(context).changes,
      degraded: { code, sinceMs: connection.degraded?.sinceMs ?? nowMs },
      ...(isNew && { newEvents: eventOf(context, 'Degraded', { code }) }),
    },
    outcome: { outcome: 'degraded', code },
  };
}

/** A 4xx nobody has seen yet: as an unknown outcome, but not forever. */
export function unexpectedDecision(context: DecisionContext): Decision {
  return context.connection.failures + 1 >= UNEXPECTED_ANSWERS_ALLOWED
    ? degradedDecision(context, 'unexpected_answer')
    : unknownDecision(context);
}

/** The refresh token's end of life has passed and IMS has not been heard of since. */
export function expiredDecision(context: DecisionContext): Decision {
  return reauthorization(context, context.connection.evidence);
}

function stillRefused(connection: Connection, nowMs: number): Decision {
  return {
    changes: { ...oneTryADay(connection, nowMs), failures: 0 },
    outcome: { outcome: 'reauthorization-required' },
  };
}

function reauthorization(context: DecisionContext, evidence: RefusalEvidence | undefined): Decision {
  const { connection, nowMs } = context;
  const reason = isExpired(connection, nowMs) ? 'expired' : 'refused';
  return {
    changes: {
      state: 'needs-reauthorization',
      ...(evidence && { evidence }),
      ...oneTryADay(connection, nowMs),
      newEvents: eventOf(context, 'Reauthorization Required', { reason }),
    },
    outcome: { outcome: 'reauthorization-required' },
  };
}

function oneTryADay(connection: Connection, nowMs: number): ConnectionChanges {
  const nextMs = nowMs + DAY_MS;
  const worthIt = connection.refreshExpiresAtMs === undefined || nextMs < connection.refreshExpiresAtMs;
  return worthIt
    ? { rotateAtMs: nextMs, nextAttemptAtMs: nextMs }
    : { rotateAtMs: null, nextAttemptAtMs: null };
}

function moreEvidence({ connection, posted, nowMs }: DecisionContext): RefusalEvidence {
  const before = connection.evidence;
  if (posted !== 'refresh' && before) return { ...before, tried: [...before.tried, posted] };
  return {
    count: (before?.count ?? 0) + 1,
    firstAtMs: before?.firstAtMs ?? nowMs,
    lastAtMs: nowMs,
    tried: before?.tried ?? [],
  };
}

function isComplete(evidence: RefusalEvidence, connection: Connection, nowMs: number): boolean {
  // The end of life is evidence too, but only as well as we know it: never on one refusal.
  if (isExpired(connection, nowMs)) return evidence.count >= REFUSALS_NEEDED_AFTER_EXPIRY;
  const spanMs = evidence.lastAtMs - evidence.firstAtMs;
  return evidence.count >= REFUSALS_NEEDED && spanMs >= evidenceWindowMs(connection, nowMs);
}

function evidenceWindowMs(connection: Connection, nowMs: number): number {
  const lifeLeftMs = (connection.refreshExpiresAtMs ?? nowMs) - nowMs;
  return lifeLeftMs > PATIENT_ABOVE_LIFE_MS ? PATIENT_WINDOW_MS : HASTY_WINDOW_MS;
}

/** The tries spread over the window, with a little jitter on top so that the last one lies beyond it. */
function pauseBetweenTries(connection: Connection, nowMs: number, jitter: number): number {
  if (isExpired(connection, nowMs)) return PAUSE_AFTER_EXPIRY_MS;
  const pauseMs = evidenceWindowMs(connection, nowMs) / (REFUSALS_NEEDED - 1);
  return Math.round(pauseMs * (1 + 0.1 * jitter));
}

function isExpired(connection: Connection, nowMs: number): boolean {
  return connection.refreshExpiresAtMs !== undefined && nowMs >= connection.refreshExpiresAtMs;
}

/** Full jitter between a minute and the smaller of one hour and 5 % of the life left, doubling with each failure. */
export function backOffMs(connection: Connection, nowMs: number, jitter: number): number {
  const lifeLeftMs = Math.max(0, (connection.refreshExpiresAtMs ?? Number.MAX_SAFE_INTEGER) - nowMs);
  const expired = lifeLeftMs === 0;
  const capMs = expired ? LONGEST_BACK_OFF_MS : Math.min(LONGEST_BACK_OFF_MS, lifeLeftMs * 0.05);
  const grownMs = Math.min(capMs, MINUTE_MS * 2 ** Math.min(connection.failures + 1, 10));
  return Math.round(Math.max(MINUTE_MS, grownMs * jitter));
}

function eventOf(
  context: DecisionContext,
  type: ConnectionEventType,
  detail: ConnectionEvent['detail'],
): readonly ConnectionEvent[] {
  const { connection, eventId, nowMs } = context;
  return [{ id: eventId, type, atMs: nowMs, generation: connection.generation, detail }];
}
